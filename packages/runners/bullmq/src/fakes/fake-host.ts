import type { Clock, ExecutionReport, Job, Logger, RunnerHost, Timer } from '@triggerkit/contracts'

/** An execution that the test has seen begin. */
export interface FakeExecution {
  readonly job: Job
  /** Milliseconds since 1970. */
  readonly at: number
  aborted: boolean
  readonly end: (report: ExecutionReport) => void
}

const clock: Clock = {
  monotonic: () => performance.now(),
  setTimer: (callback, delay) => setTimeout(callback, delay),
  clearTimer: (timer: Timer) => clearTimeout(timer as NodeJS.Timeout),
}

/** An engine that begins whatever it is given, and ends it by `execution` or when the test says so. */
export class FakeHost implements RunnerHost {
  readonly clock: Clock = clock
  readonly begun: FakeExecution[] = []
  readonly logged: { readonly message: string; readonly meta: unknown }[] = []
  readonly logger: Logger
  /** By how many milliseconds the storage's time is ahead. */
  skew = 0
  readonly #report: ((job: Job) => Promise<ExecutionReport>) | null

  /** @param report - what becomes of a job; `null`: what the test says of it */
  constructor(report: ((job: Job) => Promise<ExecutionReport>) | null = async () => ({ outcome: 'finished' })) {
    this.#report = report
    const log = (message: string, meta?: unknown): void => void this.logged.push({ message, meta })
    this.logger = { debug: log, info: log, warn: log, error: log }
  }

  /** The jobs that were begun, by their ids. */
  get ids(): readonly string[] {
    return this.begun.map(({ job }) => job.id)
  }

  now(): number {
    return Date.now() + this.skew
  }

  execute(job: Job): Promise<ExecutionReport> {
    return new Promise((resolve, reject) => {
      this.begun.push({ job, at: Date.now(), aborted: false, end: resolve })
      this.#report?.(job).then(resolve, reject)
    })
  }

  /** Does as the engine: the execution is aborted, and at once stale. */
  abort({ id }: Job): void {
    for (const execution of this.begun.filter(({ job }) => job.id === id)) {
      execution.aborted = true
      execution.end({ outcome: 'stale' })
    }
  }
}
