import type { DispatchAnswer, Job, Runner } from '@triggerkit/contracts'

/**
 * A runner that executes nothing by itself: jobs queue up, first in, first out, until the caller takes them.
 * Shared by any number of applications, as a queue on a server would be, so that each operation can have a fresh one.
 */
export class QueueRunner implements Runner {
  readonly key = 'queue'
  readonly capabilities = { durable: true, delays: false, cancels: false }
  readonly #runs: ReadonlySet<string>
  readonly #jobs = new Map<string, Job>()

  /** @param runs - the names of all existing task functions */
  constructor(runs: Iterable<string>) {
    this.#runs = new Set(runs)
  }

  accepts(run: string): 'yes' | 'no' {
    return this.#runs.has(run) ? 'yes' : 'no'
  }

  async dispatch(job: Job): Promise<DispatchAnswer> {
    const present = this.#jobs.has(job.id)
    this.#jobs.set(job.id, job)
    return present ? 'present' : 'taken'
  }

  /** Takes the job that has waited longest. */
  take(): Job | undefined {
    const [first] = this.#jobs.values()
    if (first !== undefined) this.#jobs.delete(first.id)
    return first
  }

  async start(): Promise<void> {}

  async cancel(jobId: string): Promise<void> {
    this.#jobs.delete(jobId)
  }

  async idle(): Promise<void> {}

  async close(): Promise<void> {}
}
