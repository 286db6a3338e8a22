import type { Job, RunnerHost } from '@triggerkit/contracts'
import type { BrokenRunner } from './broken-runner.js'
import { FaithfulRunner } from './faithful-runner.js'

const LONGEST_TIMER = 2 ** 31 - 1

/** Runners that keep jobs back too shortly, too long, or against their word. */
export const brokenDelays: readonly BrokenRunner[] = [
  {
    defect: 'ignores notBefore',
    fails: 'runner/delays/kept-until-not-before',
    says: 'ms before its notBefore',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override delayOf(): number {
          return 0
        }
      })(making),
  },
  {
    defect: 'never looks at a delayed job again',
    fails: 'runner/delays/kept-until-not-before',
    says: 'is executed when its time has come',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override lookAgain(): void {}
      })(making),
  },
  {
    defect: 'runs at its start whatever was handed over before, delayed or not',
    fails: 'runner/delays/counted-from-before-the-start',
    says: 'ms before its notBefore',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override take(job: Job): void {
          super.take(this.host === null ? { ...job, notBefore: null } : job)
        }
      })(making),
  },
  ...(['behind', 'ahead'] as const).map((direction) => ({
    defect: `measures delays by its own clock, from which the storage's is an hour ${direction}`,
    fails: `runner/delays/storage-time-${direction}`,
    says: direction === 'behind' ? 'ms before its notBefore' : 'is executed when its time has come',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override delayOf({ notBefore }: Job): number {
          return notBefore === null ? 0 : notBefore - Date.now()
        }
      })(making),
  }) satisfies BrokenRunner),
  {
    defect: 'trusts its timer',
    fails: 'runner/delays/looked-at-again',
    says: 'ms before its notBefore',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override lookAgain(job: Job, delay: number, host: RunnerHost): void {
          if (this.timers.has(job.id)) return
          this.timers.set(job.id, host.clock.setTimer(() => this.begin(job, host), delay))
        }
      })(making),
  },
  {
    defect: 'gives the platform a delay that it cannot hold',
    fails: 'runner/delays/longer-than-a-timer',
    says: 'the number of executions before its time is 1',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override delayOf(job: Job, host: RunnerHost): number {
          const delay = super.delayOf(job, host)
          return delay > LONGEST_TIMER ? 0 : delay
        }
      })(making),
  },
  {
    defect: 'waits for a delayed job before it looks at the next',
    fails: 'runner/delays/take-no-place',
    says: 'another job is executed after 50 jobs with a delay',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override pump(host: RunnerHost): void {
          const [first] = this.broker.waiting.values()
          if (first !== undefined && this.delayOf(first, host) <= 0) super.pump(host)
        }
      })(making),
  },
  {
    defect: 'takes a time that has passed for a long delay',
    fails: 'runner/delays/past-is-now',
    says: 'is executed',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override delayOf(job: Job, host: RunnerHost): number {
          return Math.abs(super.delayOf(job, host))
        }
      })(making),
  },
  {
    defect: 'keeps jobs back though it declares no delays',
    fails: 'runner/delays/undeclared-keeps-nothing-back',
    says: 'is executed, whatever its notBefore',
    traits: { delays: false },
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override delayOf({ notBefore }: Job, host: RunnerHost): number {
          return notBefore === null ? 0 : notBefore - host.now()
        }
      })(making),
  },
]
