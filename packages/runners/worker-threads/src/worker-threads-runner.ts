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

import type { Execution } from './execution.js'
import { closedError, JobQueue } from './job-queue.js'
import { toSettings } from './options.js'
import type { WorkerThreadsRunnerOptions } from './options.js'
import { Threads } from './threads.js'

const CAPABILITIES: RunnerCapabilities = { durable: false, delays: true, cancels: true }

/**
 * Runs tasks in threads of this process, each of which imports the modules that export them. What waits here is lost with
 * the process; the engine's sweep hands it over anew.
 */
export class WorkerThreadsRunner implements Runner {
  readonly key: string
  readonly capabilities: RunnerCapabilities = CAPABILITIES
  readonly #jobs: JobQueue
  readonly #threads: Threads
  /** What runs, by job id. */
  readonly #executions = new Map<string, Execution>()
  #isStarted = false

  /** @throws `InvalidArgument` for options that can't be read */
  constructor(options: WorkerThreadsRunnerOptions) {
    const settings = toSettings(options)
    this.key = settings.key
    this.#jobs = new JobQueue(settings)
    this.#threads = new Threads(settings)
  }

  /** Known once it has started: the threads say what the modules export. */
  accepts(run: string): Acceptance {
    return this.#threads.accepts(run)
  }

  /** Never answers `taken` unseen: a first hand-over is looked up like a repeated one. */
  async dispatch(job: Job, _options?: DispatchOptions): Promise<DispatchAnswer> {
    return this.#jobs.take(job)
  }

  /**
   * Begins a first thread and has it import the modules, then executes.
   * @throws `InvalidArgument` if it has been started, `Closed` if it has been closed
   * @throws `InvalidArgument`, `DuplicateKey`, `InvalidName`, `TimeLimitExceeded` for modules that can't be used; it can then be started again
   */
  async start(host: RunnerHost): Promise<void> {
    if (this.#jobs.closed) throw closedError(this.key)
    if (this.#isStarted) {
      const message = `The runner '${this.key}' has been started already; give each engine a runner of its own.`
      throw new TriggerkitError('InvalidArgument', message, { details: { runner: this.key } })
    }
    this.#isStarted = true
    try {
      await this.#threads.open(host)
    } catch (error) {
      this.#isStarted = false
      throw error
    }
    this.#jobs.start(host, (job) => this.#run(job, host))
  }

  /** Takes back a job that waits; one that runs is cut with its thread unless it heeds its aborted signal within the grace. */
  async cancel(jobId: string): Promise<void> {
    this.#jobs.withdraw(jobId)
    this.#executions.get(jobId)?.stop(new TriggerkitError('Cancelled', 'This run was cancelled. Stop working.', { details: { job: jobId } }))
  }

  idle(): Promise<void> {
    return this.#jobs.idle()
  }

  /**
   * Takes no more jobs and starts none that is delayed: those come back through their sessions' wake-ups. With `drain` it waits for those
   * that run or are ready; without, it starts none of them and terminates their threads.
   */
  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    await this.#jobs.close({ drain })
    await this.#threads.close(closedError(this.key))
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
    } catch (error) {
      report(host, this.key, job, error)
    }
    await ended
    this.#executions.delete(job.id)
  }
}

function onAbort(signal: CancelSignal, listener: () => void): void {
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener, { once: true })
}

/** The engine records what becomes of a task; an execution that rejects is a fault outside it, and the sweep's to repair. */
function report(host: RunnerHost, runner: string, job: Job, error: unknown): void {
  try {
    host.logger.error(`The execution of ${job.instance} could not be completed; the sweep will look at it.`, {
      error,
      runner,
      job: job.id,
      uid: job.uid,
      instance: job.instance,
    })
  } catch {
    // A logger that throws must not stop the runner, and there is nobody else to tell.
    return
  }
}

/**
 * A runner that executes jobs in threads of this process.
 * @throws `InvalidArgument` for options that can't be read
 */
export function workerThreadsRunner(options: WorkerThreadsRunnerOptions): WorkerThreadsRunner {
  return new WorkerThreadsRunner(options)
}

/** What registers the runner under `worker-threads`. */
export const workerThreadsRunnerDescriptor: RunnerDescriptor<[options: WorkerThreadsRunnerOptions]> = {
  kind: 'runner',
  key: 'worker-threads',
  package: '@triggerkit/runners-worker-threads',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: workerThreadsRunner,
}
