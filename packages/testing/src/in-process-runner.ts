import type { DispatchAnswer, ExecutionReport, Invoke, Job, RunnerHost } from '@triggerkit/contracts'
import { InlineRunner } from '@triggerkit/runners-inline'
import type { Activity } from './virtual-clock.js'

/** How many runs are remembered, to be named where there were too many. */
const REMEMBERED = 3

/** Runs whatever it is given in this process, and knows what it runs; but no more than it is allowed to. */
export class InProcessRunner extends InlineRunner implements Activity {
  /** The names of the instances that ran last. */
  readonly latest: string[] = []
  /** How often tasks may run from one {@link InProcessRunner.renew} to the next. */
  readonly maxRuns: number
  #progress = 0
  #allowance: number
  readonly #running = new Map<string, Job>()
  readonly #waiting = new Map<string, Job>()
  #host: RunnerHost | null = null

  constructor(maxRuns: number) {
    super()
    this.maxRuns = maxRuns
    this.#allowance = maxRuns
  }

  get busy(): boolean {
    return this.#running.size > 0 || [...this.#waiting.values()].some((job) => this.#isReady(job))
  }

  get progress(): number {
    return this.#progress
  }

  /** The names of the instances that run. */
  get running(): readonly string[] {
    return [...this.#running.values()].map(({ instance }) => instance)
  }

  /** Whether it runs nothing any more, because it ran too much since {@link InProcessRunner.renew}. */
  get exhausted(): boolean {
    return this.#allowance < 0
  }

  /** Allows as many runs again as at first. */
  renew(): void {
    this.#allowance = this.maxRuns
  }

  override async start(host: RunnerHost): Promise<void> {
    this.#host = host
    const { clock, logger } = host
    await super.start({
      clock,
      logger,
      now: () => host.now(),
      execute: (job, invoke) => this.#execute(host, job, invoke),
      abort: (job) => host.abort(job),
    })
  }

  override async dispatch(job: Job): Promise<DispatchAnswer> {
    if (!this.#running.has(job.id)) this.#waiting.set(job.id, job)
    const answer = await super.dispatch(job)
    if (answer === 'spent') this.#waiting.delete(job.id)
    return answer
  }

  override async cancel(jobId: string): Promise<void> {
    this.#waiting.delete(jobId)
    await super.cancel(jobId)
  }

  override async close(options: { readonly drain: boolean }): Promise<void> {
    await super.close(options)
    this.#waiting.clear()
    this.#running.clear()
  }

  // An endless row of runs would keep the event loop from ever turning: nobody could tell of it, nor end the test.
  async #execute(host: RunnerHost, job: Job, invoke: Invoke | undefined): Promise<ExecutionReport> {
    this.#waiting.delete(job.id)
    this.#allowance -= 1
    if (this.exhausted) return { outcome: 'dropped' }
    this.#running.set(job.id, job)
    this.#progress += 1
    this.latest.splice(0, this.latest.length - REMEMBERED + 1)
    this.latest.push(job.instance)
    try {
      return await host.execute(job, invoke)
    } finally {
      this.#running.delete(job.id)
      this.#progress += 1
    }
  }

  #isReady({ notBefore }: Job): boolean {
    return this.#host !== null && (notBefore === null || notBefore <= this.#host.now())
  }
}
