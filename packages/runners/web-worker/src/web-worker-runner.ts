import {
  API_VERSION,
  TriggerkitError,
  type Acceptance,
  type DispatchAnswer,
  type DispatchOptions,
  type Invoke,
  type Job,
  type Runner,
  type RunnerCapabilities,
  type RunnerDescriptor,
  type RunnerHost,
} from '@triggerkit/contracts'
import { JobQueue, runnerClosed } from '@triggerkit/job-queue'

import { Execution } from './execution.js'
import { acceptance } from './far-worker.js'
import { toSettings, type Settings, type WebWorkerRunnerOptions } from './options.js'
import { Pool, type Slot } from './pool.js'

const CAPABILITIES: RunnerCapabilities = { durable: false, delays: true, cancels: true }

/**
 * Runs tasks in Web Workers: as many as the pool has places, in the order in which jobs became ready. What waits here is lost with
 * the page; the engine's sweep, here or in another tab, hands it over anew.
 */
export class WebWorkerRunner implements Runner {
  readonly key: string
  readonly capabilities: RunnerCapabilities = CAPABILITIES
  readonly #settings: Settings
  readonly #jobs: JobQueue
  /** What runs in a worker, by job id. */
  readonly #executions = new Map<string, Execution>()
  /** What was cancelled before it had come to its worker. */
  readonly #cancelled = new Set<string>()
  /** What waits for a worker to start, by what ends the waiting. */
  readonly #waiting = new Map<string, () => void>()
  #pool: Pool | null = null
  /** Nothing is begun any more: the runner was closed without draining. */
  #cut = false

  /** @throws `InvalidArgument` for invalid options */
  constructor(options: WebWorkerRunnerOptions) {
    const settings = toSettings(options)
    const { key, workers, tasksPerWorker, remember } = settings
    this.key = key
    this.#settings = settings
    this.#jobs = new JobQueue({ runner: key, concurrency: workers * tasksPerWorker, remember, run: (job, host) => this.#run(job, host) })
  }

  /** By the list of the worker that was started last; `unknown` before the first one was. */
  accepts(run: string): Acceptance {
    return acceptance(this.#pool?.limits ?? null, run)
  }

  /** Never answers `taken` unseen: a first hand-over is looked up like a repeated one. */
  async dispatch(job: Job, _options?: DispatchOptions): Promise<DispatchAnswer> {
    return this.#jobs.dispatch(job)
  }

  /** Begins to execute, and starts a first worker. @throws `InvalidArgument` if it has been started, `Closed` if it has been closed */
  start(host: RunnerHost): Promise<void> {
    return this.#jobs.start(host, async () => {
      this.#pool = new Pool(this.#settings, host.clock, host.logger)
      this.#pool.warm()
    })
  }

  /** Takes back a job that waits. One that runs is told to stop, and cut after the grace with its worker. */
  async cancel(jobId: string): Promise<void> {
    if (!this.#jobs.takeBack(jobId)) return
    const execution = this.#executions.get(jobId)
    if (execution !== undefined) return execution.stop(cancelledError(jobId))
    this.#cancelled.add(jobId)
    this.#waiting.get(jobId)?.()
  }

  idle(): Promise<void> {
    return this.#jobs.idle()
  }

  /**
   * Takes no more jobs, begins none that is delayed, and terminates the workers. With `drain` it waits first for those that run or
   * are ready; without, it waits for nothing.
   */
  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    if (!drain) this.#cut = true
    await this.#jobs.close({ drain })
    this.#pool?.close(runnerClosed(this.key))
  }

  /** A job begins when its worker is there, so that the time a worker takes to start is not taken from a task's limit. */
  async #run(job: Job, host: RunnerHost): Promise<void> {
    const pool = this.#pool as Pool
    const slot = await pool.take()
    try {
      const invoke = await this.#prepare(pool, slot, { job, host })
      if (!this.#cut && !this.#cancelled.has(job.id)) await host.execute(job, invoke)
    } finally {
      const execution = this.#executions.get(job.id)
      this.#executions.delete(job.id)
      this.#cancelled.delete(job.id)
      this.#waiting.delete(job.id)
      if (execution === undefined) pool.give(slot)
      else void execution.over.then(() => pool.give(slot))
    }
  }

  #cancellation(jobId: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(jobId, resolve))
  }

  /** What runs the job's function in the worker of a place, or tells why there is none. */
  async #prepare(pool: Pool, slot: Slot, { job, host: { clock } }: { readonly job: Job; readonly host: RunnerHost }): Promise<Invoke> {
    const { grace } = this.#settings
    try {
      if (slot.worker === null) await Promise.race([pool.worker(slot), this.#cancellation(job.id)])
    } catch (error) {
      return () => Promise.reject(error)
    }
    return async (call, signal, port) => {
      // Looked at again: while the execution was begun, the worker may have ended.
      const worker = slot.worker ?? (await pool.worker(slot))
      const timeLimit = worker.limits?.get(call.run) ?? this.#settings.timeLimit
      const execution = new Execution(worker, call, { signal, port }, { clock, timeLimit, grace })
      this.#executions.set(job.id, execution)
      if (this.#cancelled.has(job.id)) execution.stop(cancelledError(job.id))
      return execution.outcome
    }
  }
}

function cancelledError(job: string): TriggerkitError {
  return new TriggerkitError('Cancelled', 'This run was cancelled.', { details: { job } })
}

/**
 * A runner that executes jobs in Web Workers, made by the application's own `spawn`.
 * @example `webWorkerRunner({ spawn: () => new Worker(new URL('./tasks.worker.js', import.meta.url), { type: 'module' }) })`
 * @throws `InvalidArgument` for invalid options
 */
export function webWorkerRunner(options: WebWorkerRunnerOptions): WebWorkerRunner {
  return new WebWorkerRunner(options)
}

/** What registers the Web Worker runner under `web-worker`. */
export const webWorkerRunnerDescriptor: RunnerDescriptor<[options: WebWorkerRunnerOptions]> = {
  kind: 'runner',
  key: 'web-worker',
  package: '@triggerkit/runners-web-worker',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: webWorkerRunner,
}
