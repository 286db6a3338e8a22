import { API_VERSION, TriggerkitError } from '@triggerkit/contracts'
import type {
  Acceptance,
  CancelSignal,
  DispatchAnswer,
  DispatchOptions,
  Invoke,
  Job,
  Runner,
  RunnerCapabilities,
  RunnerDescriptor,
  RunnerHost,
} from '@triggerkit/contracts'
import { JobQueue, runnerClosed } from '@triggerkit/job-queue'

import type { Execution } from './execution.js'
import { toSettings } from './options.js'
import type { WorkerThreadsRunnerOptions } from './options.js'
import { Threads } from './threads.js'

const CAPABILITIES: RunnerCapabilities = { durable: false, delays: true, cancels: true }

/**
 * Runs tasks in threads of this process, each of which imports the modules that export them. Waiting jobs are lost with
 * the process; the engine's sweep hands them over again.
 */
export class WorkerThreadsRunner implements Runner {
  readonly key: string
  readonly capabilities: RunnerCapabilities = CAPABILITIES
  readonly #jobs: JobQueue
  readonly #threads: Threads
  /** What runs, by job id. */
  readonly #executions = new Map<string, Execution>()

  /** @throws `InvalidArgument` for invalid options */
  constructor(options: WorkerThreadsRunnerOptions) {
    const settings = toSettings(options)
    const { key, threads, tasksPerThread, remember } = settings
    this.key = key
    this.#jobs = new JobQueue({ runner: key, concurrency: threads * tasksPerThread, remember, run: (job, host) => this.#run(job, host) })
    this.#threads = new Threads(settings)
  }

  /** Known once it has started: the threads say what the modules export. */
  accepts(run: string): Acceptance {
    return this.#threads.accepts(run)
  }

  /** Never answers `taken` unseen: a first hand-over is looked up like a repeated one. */
  async dispatch(job: Job, _options?: DispatchOptions): Promise<DispatchAnswer> {
    return this.#jobs.dispatch(job)
  }

  /**
   * Begins a first thread and has it import the modules, then executes.
   * @throws `InvalidArgument` if it has been started, `Closed` if it has been closed
   * @throws `InvalidArgument`, `DuplicateKey`, `InvalidName`, `TimeLimitExceeded` for modules that can't be used; it can then be started again
   */
  start(host: RunnerHost): Promise<void> {
    return this.#jobs.start(host, () => this.#threads.open(host))
  }

  /** Removes a waiting job; a running one is cut off with its thread unless it heeds its aborted signal within the grace period. */
  async cancel(jobId: string): Promise<void> {
    this.#jobs.takeBack(jobId)
    this.#executions.get(jobId)?.stop(new TriggerkitError('Cancelled', 'This run was cancelled. Stop working.', { details: { job: jobId } }))
  }

  idle(): Promise<void> {
    return this.#jobs.idle()
  }

  /**
   * Takes no more jobs and starts no delayed ones: those come back through their sessions' wake-ups. With `drain` it waits for jobs
   * that run or are ready; without it, it starts none of them and terminates their threads.
   */
  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    await this.#jobs.close({ drain })
    await this.#threads.close(runnerClosed(this.key))
  }

  /** Executes a job; its place is taken until the thread is free of it, too. */
  async #run(job: Job, host: RunnerHost): Promise<void> {
    let ended = Promise.resolve()
    const invoke: Invoke = async (call, signal, port) => {
      const execution = this.#threads.perform({ call, port })
      this.#executions.set(job.id, execution)
      ended = execution.ended
      onAbort(signal, () => execution.stop(signal.reason))
      return execution.outcome
    }
    try {
      await host.execute(job, invoke)
    } finally {
      await ended
      this.#executions.delete(job.id)
    }
  }
}

function onAbort(signal: CancelSignal, listener: () => void): void {
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener)
}

/**
 * A runner that executes jobs in threads of this process.
 * @throws `InvalidArgument` for invalid options
 */
export function workerThreadsRunner(options: WorkerThreadsRunnerOptions): WorkerThreadsRunner {
  return new WorkerThreadsRunner(options)
}

/** The descriptor that registers the runner under `worker-threads`. */
export const workerThreadsRunnerDescriptor: RunnerDescriptor<[options: WorkerThreadsRunnerOptions]> = {
  kind: 'runner',
  key: 'worker-threads',
  package: '@triggerkit/runners-worker-threads',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: workerThreadsRunner,
}
