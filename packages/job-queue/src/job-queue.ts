import { TriggerkitError, type DispatchAnswer, type Job, type RunnerHost, type Timer } from '@triggerkit/contracts'

import { Queue } from './queue.js'
import { RecentIds } from './recent-ids.js'

/** How long jobs may follow upon each other before timers and input get a turn: a browser calls more than that a long task. */
const SLICE_MS = 50

/** A job's way: `new` until the runner has started, then `ready` (after a time as `delayed`, if need be), `running`, `ended`. */
interface Entry {
  readonly job: Job
  state: 'new' | 'delayed' | 'ready' | 'running' | 'ended'
  timer: Timer | null
}

export interface JobQueueOptions {
  /** The runner's key, for messages. */
  readonly runner: string
  /** How many jobs run at once. */
  readonly concurrency: number
  /** How many ended jobs are remembered by id. */
  readonly remember: number
  /** Runs one job until its place is free again. What it rejects with is logged, and the sweep's to repair. */
  readonly run: (job: Job, host: RunnerHost) => Promise<unknown>
}

/**
 * What a runner was handed over and has not ended, in this process's memory: each job is taken once by its id, and begun in the
 * order in which jobs became ready, at most `concurrency` at once. It keeps what the runner port promises of `dispatch`,
 * `start`, `idle` and `close`; what is lost with the process, the engine's sweep hands over anew.
 */
export class JobQueue {
  readonly #options: JobQueueOptions
  /** What waits or runs, by job id, in the order of hand-over. */
  readonly #entries = new Map<string, Entry>()
  readonly #ready = new Queue<Entry>()
  readonly #ended: RecentIds
  #idleCallers: (() => void)[] = []
  #host: RunnerHost | null = null
  #started = false
  #running = 0
  #isPumpSet = false
  #sliceBegan = 0
  #closed = false
  /** Nobody waits for what still runs: it was closed without draining. */
  #released = false

  constructor(options: JobQueueOptions) {
    this.#options = options
    this.#ended = new RecentIds(options.remember)
  }

  /** Never answers `taken` unseen: a first hand-over is looked up like a repeated one. @throws `Closed` */
  dispatch(job: Job): DispatchAnswer {
    if (this.#closed) throw runnerClosed(this.#options.runner)
    if (this.#entries.has(job.id)) return 'present'
    if (this.#ended.has(job.id)) return 'spent'
    const entry: Entry = { job, state: 'new', timer: null }
    this.#entries.set(job.id, entry)
    if (this.#host !== null) this.#admit(entry, this.#host)
    return 'taken'
  }

  /**
   * Begins to run jobs, once `prepare` has ended; if that fails, it can be started again.
   * @throws `InvalidArgument` if it has been started, `Closed` if it has been closed; whatever `prepare` rejects with
   */
  async start(host: RunnerHost, prepare?: () => Promise<void>): Promise<void> {
    if (this.#closed) throw runnerClosed(this.#options.runner)
    if (this.#started) throw startedAlready(this.#options.runner)
    this.#started = true
    if (prepare !== undefined) await this.#prepared(prepare)
    this.#host = host
    for (const entry of this.#entries.values()) this.#admit(entry, host)
  }

  async #prepared(prepare: () => Promise<void>): Promise<void> {
    try {
      await prepare()
    } catch (error) {
      this.#started = false
      throw error
    }
    if (this.#closed) throw runnerClosed(this.#options.runner)
  }

  /** Takes back a job that waits. @returns whether there is one of that id that runs */
  takeBack(jobId: string): boolean {
    const entry = this.#entries.get(jobId)
    if (entry === undefined) return false
    if (entry.state === 'running') return true
    this.#end(entry)
    return false
  }

  /** Resolves when nothing waits or runs any more, or the queue is closed without draining. */
  async idle(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => this.#idleCallers.push(resolve))
  }

  /**
   * Takes no more jobs and begins none that is delayed: those come back through their sessions' wake-ups. With `drain` it
   * waits for those that run or are ready; without, it begins none of them and waits for nothing.
   */
  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    this.#closed = true
    for (const entry of [...this.#entries.values()]) {
      const willRun = entry.state === 'running' || (drain && entry.state === 'ready')
      if (!willRun) this.#end(entry)
    }
    if (!drain) this.#released = true
    this.#tellIdle()
    await this.idle()
  }

  get #isIdle(): boolean {
    return this.#entries.size === 0 || this.#released
  }

  get #hasRoom(): boolean {
    return this.#running < this.#options.concurrency
  }

  #admit(entry: Entry, host: RunnerHost): void {
    const { notBefore } = entry.job
    const delay = notBefore === null ? 0 : notBefore - host.now()
    if (delay > 0) {
      entry.state = 'delayed'
      // Looked at again when the timer fires: the clock's time need not run as the storage's does.
      entry.timer = host.clock.setTimer(() => this.#admitDelayed(entry, host), Math.ceil(delay))
      return
    }
    if (this.#running === 0 && this.#ready.size === 0) this.#sliceBegan = host.clock.monotonic()
    entry.state = 'ready'
    entry.timer = null
    this.#ready.push(entry)
    this.#setPump(host)
  }

  #admitDelayed(entry: Entry, host: RunnerHost): void {
    if (entry.state === 'delayed') this.#admit(entry, host)
  }

  /**
   * Begins jobs after the running code, so that no execution begins inside a hand-over. Where storage and tasks answer at
   * once, a long cascade would otherwise be one endless row of microtasks, in which no heartbeat is ever sent.
   */
  #setPump(host: RunnerHost): void {
    if (this.#isPumpSet || this.#ready.size === 0 || !this.#hasRoom) return
    this.#isPumpSet = true
    const pump = (): void => this.#pump(host)
    // A promise's turn costs browsers far less than queueMicrotask.
    if (host.clock.monotonic() - this.#sliceBegan < SLICE_MS) void Promise.resolve().then(pump)
    else this.#afterOtherTasks(host, pump)
  }

  #afterOtherTasks(host: RunnerHost, callback: () => void): void {
    // eslint-disable-next-line no-restricted-globals -- measures no time: lets the event loop turn
    setTimeout(() => {
      this.#sliceBegan = host.clock.monotonic()
      callback()
    }, 0)
  }

  #pump(host: RunnerHost): void {
    this.#isPumpSet = false
    while (this.#hasRoom) {
      const entry = this.#ready.shift()
      if (entry === undefined) return
      if (entry.state === 'ready') void this.#run(entry, host)
    }
  }

  async #run(entry: Entry, host: RunnerHost): Promise<void> {
    entry.state = 'running'
    this.#running += 1
    try {
      await this.#options.run(entry.job, host)
    } catch (error) {
      report(host, this.#options.runner, entry.job, error)
    }
    this.#running -= 1
    this.#end(entry)
    this.#setPump(host)
  }

  #end(entry: Entry): void {
    if (entry.timer !== null) this.#host?.clock.clearTimer(entry.timer)
    entry.state = 'ended'
    entry.timer = null
    this.#entries.delete(entry.job.id)
    this.#ended.add(entry.job.id)
    this.#tellIdle()
  }

  #tellIdle(): void {
    if (!this.#isIdle) return
    const callers = this.#idleCallers
    this.#idleCallers = []
    for (const resolve of callers) resolve()
  }
}

/** The engine records what becomes of a task; an execution that rejects is a fault outside it, and the sweep's to repair. */
function report({ logger }: RunnerHost, runner: string, { id, uid, instance }: Job, error: unknown): void {
  try {
    logger.error(`The execution of ${instance} could not be completed; the sweep will look at it.`, { error, runner, job: id, uid, instance })
  } catch {
    // A logger that throws must not stop the runner, and there is nobody else to tell.
  }
}

/** What a closed runner answers: `Closed`. */
export function runnerClosed(runner: string): TriggerkitError {
  return new TriggerkitError('Closed', `The runner '${runner}' is closed and takes no more jobs; make a new one.`, { details: { runner } })
}

function startedAlready(runner: string): TriggerkitError {
  const message = `The runner '${runner}' has been started already; give each engine a runner of its own.`
  return new TriggerkitError('InvalidArgument', message, { details: { runner } })
}
