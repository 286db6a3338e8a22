import type { BrokenRunner } from './broken-runner.js'
import { FaithfulRunner } from './faithful-runner.js'

/** Runners that are idle too early or never, close badly, or don't keep jobs as they declare. */
export const brokenEnds: readonly BrokenRunner[] = [
  {
    defect: 'waits for a first job before it counts as idle',
    fails: 'runner/idle/empty-at-once',
    says: 'idle() resolves',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override isIdle(): boolean {
          return this.broker.ended.size > 0 && super.isIdle()
        }
      })(making),
  },
  {
    defect: 'is idle as soon as nothing waits',
    fails: 'runner/idle/waits-for-what-runs',
    says: 'idle() resolved while a job was running',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override isIdle(): boolean {
          return this.broker.waiting.size === 0
        }
      })(making),
  },
  {
    defect: 'is idle until it is started',
    fails: 'runner/idle/waits-for-what-was-taken-before-the-start',
    says: 'idle() resolved though a job waited for the start',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override isIdle(): boolean {
          return this.host === null || super.isIdle()
        }
      })(making),
  },
  {
    defect: 'is idle when what it knew at the call has ended',
    fails: 'runner/idle/waits-for-what-follows',
    says: 'resolved while a job was running that an execution had handed over',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async idle(): Promise<void> {
          const known = [...this.broker.waiting.keys(), ...this.broker.running]
          await this.broker.until(() => this.closed || known.every((id) => this.broker.ended.has(id)))
        }
      })(making),
  },
  {
    defect: 'is idle though a job waits for its time',
    fails: 'runner/idle/waits-for-what-is-delayed',
    says: 'whether the delayed job has ended is ',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override isIdle(): boolean {
          return this.own.size === 0 && this.timers.size === this.broker.waiting.size
        }
      })(making),
  },
  {
    defect: 'can be idle only once',
    fails: 'runner/idle/can-be-repeated',
    says: 'idle(), called again, resolved while a job was running',
    make: (making) =>
      new (class extends FaithfulRunner {
        #idle: Promise<void> | null = null

        override idle(): Promise<void> {
          return (this.#idle ??= super.idle())
        }
      })(making),
  },
  {
    defect: 'waits for what was cancelled',
    fails: 'runner/idle/forgets-what-was-cancelled',
    says: 'idle() resolves after the only job was cancelled',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async cancel(jobId: string): Promise<void> {
          if (this.broker.waiting.delete(jobId)) this.broker.running.add(jobId)
        }
      })(making),
  },
  {
    defect: 'leaves callers of idle() waiting when it is closed',
    fails: 'runner/idle/ends-with-close',
    says: 'idle() resolves after close',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override isIdle(): boolean {
          return this.broker.empty
        }
      })(making),
  },
  {
    defect: 'leaves callers of idle() waiting when it is closed before its start',
    fails: 'runner/idle/ends-with-close-before-the-start',
    says: 'idle() resolves after close',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override isIdle(): boolean {
          return this.host === null ? this.broker.empty : super.isIdle()
        }
      })(making),
  },
  {
    defect: 'never waits when it is closed',
    fails: 'runner/close/drain-waits-for-what-runs',
    says: 'resolved while a job was running',
    make: (making) =>
      new (class extends FaithfulRunner {
        override close(): Promise<void> {
          return super.close({ drain: false })
        }
      })(making),
  },
  {
    defect: 'takes jobs while it drains',
    fails: 'runner/close/draining-takes-no-job',
    says: 'dispatch while the runner drains resolves; it must reject with the code Closed',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async dispatch(...args: Parameters<FaithfulRunner['dispatch']>): ReturnType<FaithfulRunner['dispatch']> {
          return this.own.size > 0 ? 'taken' : super.dispatch(...args)
        }
      })(making),
  },
  {
    defect: 'always drains',
    fails: 'runner/close/without-drain-waits-for-nothing',
    says: 'close({ drain: false }) resolves',
    make: (making) =>
      new (class extends FaithfulRunner {
        override close(): Promise<void> {
          return super.close({ drain: true })
        }
      })(making),
  },
  {
    defect: 'goes on beginning what it has taken after its close',
    fails: 'runner/close/without-drain-begins-nothing',
    says: 'the number of jobs begun is',
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override release(): void {}
      })(making),
  },
  {
    defect: 'is not hurried by a second close',
    fails: 'runner/close/hurries-a-drain',
    says: 'resolves',
    make: (making) =>
      new (class extends FaithfulRunner {
        #closing: Promise<void> | null = null

        override close(options: { readonly drain: boolean }): Promise<void> {
          return (this.#closing ??= super.close(options))
        }
      })(making),
  },
  {
    defect: 'refuses to be closed again',
    fails: 'runner/close/can-be-repeated',
    says: 'closed already',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async close(options: { readonly drain: boolean }): Promise<void> {
          if (this.closed) throw new Error('closed already')
          await super.close(options)
        }
      })(making),
  },
  {
    defect: 'drains what was never started',
    fails: 'runner/close/before-the-start',
    says: 'close({ drain: true }) resolves',
    make: (making) =>
      new (class extends FaithfulRunner {
        override async close({ drain }: { readonly drain: boolean }): Promise<void> {
          if (drain) await this.broker.until(() => this.broker.empty)
          await super.close({ drain })
        }
      })(making),
  },
]
