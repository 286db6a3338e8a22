import type { DispatchAnswer, DispatchOptions, Job, RunnerHost } from '@triggerkit/contracts'
import type { BrokenRunner } from './broken-runner.js'
import { FaithfulRunner } from './faithful-runner.js'

/** Runners that break what the port says of `dispatch`, `start`, delays and what a runner tells of itself. */
export const brokenDispatching: readonly BrokenRunner[] = [
  {
    defect: 'has other capabilities than its descriptor',
    fails: 'runner/describe/capabilities-are-the-descriptors',
    says: 'declares cancels: false, and the runner says otherwise',
    make: (making) => new FaithfulRunner({ ...making, traits: { ...making.traits, cancels: true } }),
  },
  {
    defect: 'has no key',
    fails: 'runner/describe/has-a-key',
    says: 'its key is ""',
    make: (making) =>
      new (class extends FaithfulRunner {
        override readonly key = ''
      })(making),
  },
  {
    defect: 'refuses functions until it is started',
    fails: 'runner/accepts/what-it-can-run',
    says: 'what it refuses before the start is ["conformance.echo"',
    make: (making) =>
      new (class extends FaithfulRunner {
        override accepts = () => (this.host === null ? 'no' : 'yes') as 'no' | 'yes'
      })(making),
  },
  {
    defect: 'accepts whatever it is asked for',
    fails: 'runner/accepts/not-what-it-cannot-run',
    says: 'it accepts "conformance.nobodys" with "yes"',
    make: (making) =>
      new (class extends FaithfulRunner {
        override accepts = () => 'yes' as const
      })(making),
  },
  {
    defect: 'looks functions up among the names that every object has',
    fails: 'runner/accepts/not-what-it-cannot-run',
    says: 'it accepts "__proto__" with "yes"',
    make: (making) =>
      new (class extends FaithfulRunner {
        override accepts = (run: string) => (run.startsWith('conformance.') ? 'unknown' : run in {} ? 'yes' : 'no') as 'unknown' | 'yes' | 'no'
      })(making),
  },
  {
    defect: 'takes a repeated hand-over for a known one',
    fails: 'runner/dispatch/new-job-is-taken',
    says: 'a job that it never got is "present"',
    make: (making) =>
      new (class extends FaithfulRunner {
        override dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer> {
          return options.repeated ? Promise.resolve('present') : super.dispatch(job, options)
        }
      })(making),
  },
  {
    defect: 'loses what it was given before its start',
    fails: 'runner/dispatch/waits-for-the-start',
    says: 'handed over before the start, is executed',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override take(job: Job): void {
          if (this.host !== null) super.take(job)
        }
      })(making),
  },
  {
    defect: 'executes a job as often as it is handed over',
    fails: 'runner/dispatch/executes-once',
    says: 'the number of its executions is',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override answerFor(): DispatchAnswer {
          return 'taken'
        }
      })(making),
  },
  {
    defect: 'cuts names at a colon',
    fails: 'runner/dispatch/job-arrives-unchanged',
    says: 'the job that is executed is',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override take(job: Job): void {
          super.take({ ...job, uid: job.uid.split(':', 1).join() })
        }
      })(making),
  },
  {
    defect: 'reads custom directives as its own options',
    fails: 'runner/dispatch/extras-are-accepted',
    says: 'queue is no text',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer> {
          if (typeof (options.extras['queue'] ?? '') !== 'string') throw new TypeError('queue is no text')
          return super.dispatch(job, options)
        }
      })(making),
  },
  {
    defect: 'answers spent for a job that waits',
    fails: 'runner/dispatch/repeated-while-waiting-is-present',
    says: 'the answer is "spent", not "present"',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override answerFor(job: Job): DispatchAnswer {
          return this.broker.waiting.has(job.id) ? 'spent' : super.answerFor(job)
        }
      })(making),
  },
  {
    defect: 'forgets a job as soon as it runs',
    fails: 'runner/dispatch/repeated-while-running-is-present',
    says: 'the answer is "taken", not "present"',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override answerFor(job: Job): DispatchAnswer {
          return this.broker.running.has(job.id) ? 'taken' : super.answerFor(job)
        }
      })(making),
  },
  {
    defect: 'answers present for a job that has ended',
    fails: 'runner/dispatch/repeated-after-the-end-is-spent',
    says: 'the answer is "present"',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override answerFor(job: Job): DispatchAnswer {
          const answer = super.answerFor(job)
          return answer === 'spent' ? 'present' : answer
        }
      })(making),
  },
  {
    defect: 'says that it takes an ended job again, and does not',
    fails: 'runner/dispatch/repeated-after-the-end-is-spent',
    says: 'the job that was taken again is executed',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer> {
          const answer = await super.dispatch(job, options)
          return answer === 'spent' ? 'taken' : answer
        }
      })(making),
  },
  {
    defect: 'has room for a hundred jobs, and drops the rest',
    fails: 'runner/dispatch/loses-none-of-many',
    says: 'is executed',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override take(job: Job): void {
          if (this.broker.waiting.size < 100) super.take(job)
        }
      })(making),
  },
  {
    defect: 'can be started twice',
    fails: 'runner/start/second-is-refused',
    says: 'a second start resolves; it must reject with the code InvalidArgument',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async start(host: RunnerHost): Promise<void> {
          if (this.host === null) await super.start(host)
        }
      })(making),
  },
  {
    defect: 'can be started after its close',
    fails: 'runner/start/after-close-is-refused',
    says: 'a start after close resolves; it must reject with the code Closed',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async start(host: RunnerHost): Promise<void> {
          if (!this.closed) await super.start(host)
        }
      })(making),
  },
]
