import {
  API_VERSION,
  type DispatchAnswer,
  type DispatchOptions,
  type Job,
  type Runner,
  type RunnerCapabilities,
  type RunnerDescriptor,
  type RunnerHost,
} from '@triggerkit/contracts'
import { JobQueue } from '@triggerkit/job-queue'

import { toSettings, type InlineRunnerOptions } from './options.js'

const CAPABILITIES: RunnerCapabilities = { durable: false, delays: true, cancels: false }

/**
 * Runs jobs in the process that hands them over, with the engine's own task functions: at most `concurrency` at once, in
 * the order in which they became ready. What waits here is lost with the process; the engine's sweep hands it over anew.
 */
export class InlineRunner implements Runner {
  readonly key: string
  readonly capabilities: RunnerCapabilities = CAPABILITIES
  readonly #jobs: JobQueue

  /** @throws `InvalidArgument` for numbers that are not whole or too small, and for an empty key */
  constructor(options: InlineRunnerOptions = {}) {
    const { key, concurrency, remember } = toSettings(options)
    this.key = key
    this.#jobs = new JobQueue({ runner: key, concurrency, remember, run: (job, host) => host.execute(job) })
  }

  /** Never answers `taken` unseen: a first hand-over is looked up like a repeated one. @throws `Closed` */
  async dispatch(job: Job, _options?: DispatchOptions): Promise<DispatchAnswer> {
    return this.#jobs.dispatch(job)
  }

  /** @throws `InvalidArgument` if it has been started, `Closed` if it has been closed */
  start(host: RunnerHost): Promise<void> {
    return this.#jobs.start(host)
  }

  /** Takes back a job that waits. One that runs is left to its aborted signal: code in the same process can't be stopped. */
  async cancel(jobId: string): Promise<void> {
    this.#jobs.takeBack(jobId)
  }

  idle(): Promise<void> {
    return this.#jobs.idle()
  }

  /**
   * Takes no more jobs and starts none that is delayed: those come back through their sessions' wake-ups. With `drain` it
   * waits for those that run or are ready; without, it starts none of them and waits for nothing.
   */
  close(options: { readonly drain: boolean }): Promise<void> {
    return this.#jobs.close(options)
  }
}

/**
 * A runner that executes jobs in this process.
 * @throws `InvalidArgument` for numbers that are not whole or too small, and for an empty key
 */
export function inlineRunner(options: InlineRunnerOptions = {}): InlineRunner {
  return new InlineRunner(options)
}

/** What registers the inline runner under `inline`. */
export const inlineRunnerDescriptor: RunnerDescriptor<[options?: InlineRunnerOptions]> = {
  kind: 'runner',
  key: 'inline',
  package: '@triggerkit/runners-inline',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: inlineRunner,
}
