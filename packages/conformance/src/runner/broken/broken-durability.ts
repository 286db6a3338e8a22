import type { DispatchAnswer, Job, RunnerHost } from '@triggerkit/contracts'
import { Broker } from './broker.js'
import type { BrokenRunner } from './broken-runner.js'
import { FaithfulRunner } from './faithful-runner.js'

const DURABLE = { durable: true } as const

/** Runners that don't keep jobs as they declare. */
export const brokenDurability: readonly BrokenRunner[] = [
  {
    defect: 'keeps in its memory what it declares durable',
    fails: 'runner/durable/others-execute',
    says: 'is executed',
    traits: DURABLE,
    make: (making) => new FaithfulRunner({ ...making, broker: new Broker() }),
  },
  {
    defect: 'gives jobs to the queue only once it is started or closed',
    fails: 'runner/durable/crash-loses-nothing',
    says: 'is executed after the crash of its producer',
    traits: DURABLE,
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override take(job: Job): void {
          if (this.host !== null) super.take(job)
        }
      })(making),
  },
  {
    defect: 'empties the queue when it is closed',
    fails: 'runner/durable/close-leaves-what-waits',
    says: 'is executed by the next process',
    traits: DURABLE,
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override release(): void {
          super.release()
          this.broker.waiting.clear()
        }
      })(making),
  },
  {
    defect: 'knows only the jobs that it took itself',
    fails: 'runner/durable/present-for-all',
    says: 'the answer to another process is "taken", not "present"',
    traits: DURABLE,
    make: (making) =>
      new (class extends FaithfulRunner {
        readonly #taken = new Set<string>()

        protected override answerFor(job: Job): DispatchAnswer {
          return this.#taken.has(job.id) ? super.answerFor(job) : 'taken'
        }

        protected override take(job: Job): void {
          this.#taken.add(job.id)
          super.take(job)
        }
      })(making),
  },
  {
    defect: 'removes from the queue what it cannot run yet',
    fails: 'runner/durable/shared-without-loss',
    says: 'is executed',
    traits: DURABLE,
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override pump(host: RunnerHost): void {
          super.pump(host)
          if (this.broker.running.size > this.own.size) this.broker.waiting.clear()
        }
      })(making),
  },
  {
    defect: 'leaves a delayed job to the timer of the process that gave it',
    fails: 'runner/durable/delay-outlives-the-process',
    says: 'is executed',
    traits: DURABLE,
    make: (making) =>
      new (class extends FaithfulRunner {
        readonly #taken = new Set<string>()

        protected override take(job: Job): void {
          this.#taken.add(job.id)
          super.take(job)
        }

        protected override delayOf(job: Job, host: RunnerHost): number {
          return this.#taken.has(job.id) || job.notBefore === null ? super.delayOf(job, host) : Infinity
        }

        protected override lookAgain(job: Job, delay: number, host: RunnerHost): void {
          if (delay !== Infinity) super.lookAgain(job, delay, host)
        }
      })(making),
  },
  {
    defect: 'forgets a delay with the process that gave it',
    fails: 'runner/durable/delay-outlives-the-process',
    says: 'was executed before its notBefore',
    traits: DURABLE,
    make: (making) =>
      new (class extends FaithfulRunner {
        readonly #taken = new Set<string>()

        protected override take(job: Job): void {
          this.#taken.add(job.id)
          super.take(job)
        }

        protected override delayOf(job: Job, host: RunnerHost): number {
          return this.#taken.has(job.id) ? super.delayOf(job, host) : 0
        }
      })(making),
  },
  {
    defect: 'shares jobs with other processes though it declares that it does not',
    fails: 'runner/durable/undeclared-is-gone-with-its-process',
    says: 'the answer of another runner is "present", not "taken"',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override readonly broker = making.broker
      })(making),
  },
]
