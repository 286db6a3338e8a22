import type { DispatchAnswer, DispatchOptions, ExecutionReport, Job, Runner, RunnerCapabilities, RunnerHost } from '@triggerkit/contracts'

import { resolvesInTime, type Patience } from './patience.js'

type Outcome = ExecutionReport['outcome']

/** How much the runners have to do, and what became of what they did. */
export class Workload {
  readonly ended: Record<Outcome, number> = { finished: 0, failed: 0, skipped: 0, retried: 0, dropped: 0, stale: 0 }
  readonly #jobs = new Set<string>()
  #wake: () => void = () => undefined
  /** An end was waited for in vain, and none has come since. */
  #isStuck = false

  /** Jobs that wait or run. Those that cool down first don't count: they hold up nothing. */
  get waiting(): number {
    return this.#jobs.size
  }

  add(id: string): void {
    this.#jobs.add(id)
  }

  remove(id: string): void {
    if (!this.#jobs.delete(id)) return
    this.#isStuck = false
    this.#wake()
  }

  /** Resolves once fewer than `limit` jobs wait or run, or patience has ended without the end of a job. For one caller at a time. */
  async below(limit: number, patience: Patience): Promise<void> {
    while (this.#jobs.size >= limit && !this.#isStuck) this.#isStuck = !(await resolvesInTime(this.#nextEnd(), patience))
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}

/** A runner that tells a workload what it takes and what comes of it. */
export class MeasuredRunner implements Runner {
  readonly key: string
  readonly capabilities: RunnerCapabilities
  readonly #runner: Runner
  readonly #workload: Workload

  constructor(runner: Runner, workload: Workload) {
    this.key = runner.key
    this.capabilities = runner.capabilities
    this.#runner = runner
    this.#workload = workload
  }

  async dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer> {
    const isNew = !options.repeated && job.notBefore === null
    if (isNew) this.#workload.add(job.id)
    try {
      return await this.#runner.dispatch(job, options)
    } catch (error) {
      this.#workload.remove(job.id)
      throw error
    }
  }

  start(host: RunnerHost): Promise<void> {
    return this.#runner.start({ ...host, now: () => host.now(), execute: (job, invoke) => this.#measure(job, host.execute(job, invoke)) })
  }

  async cancel(jobId: string): Promise<void> {
    await this.#runner.cancel(jobId)
    this.#workload.remove(jobId)
  }

  idle(): Promise<void> {
    return this.#runner.idle()
  }

  close(options: { readonly drain: boolean }): Promise<void> {
    return this.#runner.close(options)
  }

  async #measure(job: Job, execution: Promise<ExecutionReport>): Promise<ExecutionReport> {
    try {
      const report = await execution
      this.#workload.ended[report.outcome] += 1
      return report
    } finally {
      this.#workload.remove(job.id)
    }
  }
}
