import type { ExecutionReport, Job, RunnerHost } from '@triggerkit/contracts'
import type { BrokenRunner } from './broken-runner.js'
import { FaithfulRunner } from './faithful-runner.js'

/** Runners that don't survive what goes wrong in an execution, or don't cancel as they should. */
export const brokenExecuting: readonly BrokenRunner[] = [
  {
    defect: 'stops where an execution rejects',
    fails: 'runner/execute/rejection-harms-no-other',
    says: 'a job behind one whose execution rejects is executed',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override async execute(job: Job, host: RunnerHost): Promise<unknown> {
          return host.execute(job).catch(() => this.release())
        }

        protected override begin(job: Job, host: RunnerHost): void {
          if (this.own.size === 0) super.begin(job, host)
        }
      })(making),
  },
  {
    defect: 'breaks off where an execution throws at once',
    fails: 'runner/execute/throw-harms-no-other',
    says: 'a job behind one whose execution throws is executed',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override async execute(job: Job, host: RunnerHost): Promise<unknown> {
          try {
            return host.execute(job).catch(() => undefined)
          } catch {
            return this.release()
          }
        }

        protected override begin(job: Job, host: RunnerHost): void {
          if (this.own.size === 0) super.begin(job, host)
        }
      })(making),
  },
  {
    defect: 'leaves a rejection unhandled',
    fails: 'runner/execute/rejection-is-handled',
    says: 'the number of unhandled rejections is',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override async execute(job: Job, host: RunnerHost): Promise<unknown> {
          const executing = host.execute(job)
          void executing.finally(() => undefined)
          return executing
        }
      })(making),
  },
  {
    defect: 'gives up after ten failed tasks',
    fails: 'runner/execute/failure-stops-nothing',
    says: 'is executed',
    make: (making) =>
      new (class extends FaithfulRunner {
        #failures = 0

        protected override async execute(job: Job, host: RunnerHost): Promise<unknown> {
          const { outcome } = await host.execute(job)
          this.#failures += outcome === 'failed' ? 1 : 0
          if (this.#failures === 10) this.release()
          return outcome
        }
      })(making),
  },
  {
    defect: 'executes a job anew until it has finished',
    fails: 'runner/execute/every-report-ends-the-job',
    says: 'the number of executions by report is [1,1,2,2,2,2]',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override async execute(job: Job, host: RunnerHost): Promise<unknown> {
          const report: ExecutionReport = await host.execute(job)
          return ['finished', 'skipped'].includes(report.outcome) ? report : host.execute(job)
        }
      })(making),
  },
  {
    defect: 'runs the functions itself though an engine is there',
    fails: 'runner/execute/engine-runs-its-own-functions',
    says: 'it passes invoke, which was not declared',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override execute(job: Job, host: RunnerHost): Promise<unknown> {
          return host.execute(job, this.invokeOf(job, host))
        }
      })(making),
  },
  {
    defect: 'runs what was cancelled',
    fails: 'runner/cancel/waiting-does-not-run',
    says: 'the number of executions of the cancelled job is 1',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async cancel(): Promise<void> {}
      })(making),
  },
  {
    defect: 'cancels only what waits for its turn, not for its time',
    fails: 'runner/cancel/delayed-does-not-run',
    says: 'resolves',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async cancel(jobId: string): Promise<void> {
          if (!this.timers.has(jobId)) await super.cancel(jobId)
        }
      })(making),
  },
  {
    defect: 'refuses to cancel what it does not know',
    fails: 'runner/cancel/unknown-is-harmless',
    says: 'There is no job',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async cancel(jobId: string): Promise<void> {
          if (!this.broker.waiting.has(jobId)) throw new Error(`There is no job ${jobId}`)
          await super.cancel(jobId)
        }
      })(making),
  },
  {
    defect: 'counts a cancelled execution as running for ever',
    fails: 'runner/cancel/running-ends-early-or-by-itself',
    says: 'idle() resolves',
    make: (making) =>
      new (class extends FaithfulRunner {
        readonly #cancelled = new Set<string>()

        override async cancel(jobId: string): Promise<void> {
          this.#cancelled.add(jobId)
        }

        protected override end(job: Job): void {
          if (!this.#cancelled.has(job.id)) super.end(job)
        }
      })(making),
  },
  {
    defect: 'forgets a cancelled job while it runs, though it cannot stop it',
    fails: 'runner/cancel/undeclared-leaves-it-to-the-signal',
    says: 'repeated hand-over is "taken", not "present"',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async cancel(jobId: string): Promise<void> {
          this.broker.running.delete(jobId)
        }
      })(making),
  },
  {
    defect: 'cancels in the thread that does not let go',
    fails: 'runner/cancel/cuts-a-loop',
    says: 'the function went on to its end',
    traits: { cancels: true, elsewhere: true },
    make: (making) => new FaithfulRunner(making),
  },
  {
    defect: 'declares that it cancels, and leaves a function that heeds no signal alone',
    fails: 'runner/cancel/cuts-what-never-ends',
    says: 'invoke settles after the function was cancelled',
    traits: { cancels: true, elsewhere: true },
    make: (making) =>
      new (class extends FaithfulRunner {
        override async cancel(jobId: string): Promise<void> {
          this.broker.waiting.delete(jobId)
        }
      })(making),
  },
]
