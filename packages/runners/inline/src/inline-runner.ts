import {
  API_VERSION,
  TriggerkitError,
  type DispatchAnswer,
  type DispatchOptions,
  type Job,
  type Runner,
  type RunnerCapabilities,
  type RunnerDescriptor,
  type RunnerHost,
  type Timer,
} from '@triggerkit/contracts'

import { toSettings, type InlineRunnerOptions } from './options.js'
import { Queue } from './queue.js'
import { RecentIds } from './recent-ids.js'

/** How long jobs may follow upon each other before timers and input get a turn: a browser calls more than that a long task. */
const SLICE_MS = 50

const CAPABILITIES: RunnerCapabilities = { durable: false, delays: true, cancels: false }

/** A job's way: `new` until the runner has started, then `ready` (after a time as `delayed`, if need be), `running`, `ended`. */
interface Entry {
  readonly job: Job
  state: 'new' | 'delayed' | 'ready' | 'running' | 'ended'
  timer: Timer | null
}

/**
 * Runs jobs in the process that hands them over, with the engine's own task functions: at most `concurrency` at once, in
 * the order in which they became ready. What waits here is lost with the process; the engine's sweep hands it over anew.
 */
export class InlineRunner implements Runner {
  readonly key: string
  readonly capabilities: RunnerCapabilities = CAPABILITIES
  readonly #concurrency: number
  /** What waits or runs, by job id, in the order of hand-over. */
  readonly #entries = new Map<string, Entry>()
  readonly #ready = new Queue<Entry>()
  readonly #ended: RecentIds
  #idleCallers: (() => void)[] = []
  #host: RunnerHost | null = null
  #running = 0
  #isPumpSet = false
  #sliceBegan = 0
  #closed = false
  /** Nobody waits for what still runs: the runner was closed without draining. */
  #released = false

  /** @throws `InvalidArgument` for numbers that are not whole or too small, and for an empty key */
  constructor(options: InlineRunnerOptions = {}) {
    const { key, concurrency, remember } = toSettings(options)
    this.key = key
    this.#concurrency = concurrency
    this.#ended = new RecentIds(remember)
  }

  /** Never answers `taken` unseen: a first hand-over is looked up like a repeated one. */
  async dispatch(job: Job, _options?: DispatchOptions): Promise<DispatchAnswer> {
    if (this.#closed) throw closedError(this.key)
    if (this.#entries.has(job.id)) return 'present'
    if (this.#ended.has(job.id)) return 'spent'
    const entry: Entry = { job, state: 'new', timer: null }
    this.#entries.set(job.id, entry)
    if (this.#host !== null) this.#admit(entry, this.#host)
    return 'taken'
  }

  /** @throws `InvalidArgument` if it has been started, `Closed` if it has been closed */
  async start(host: RunnerHost): Promise<void> {
    if (this.#closed) throw closedError(this.key)
    if (this.#host !== null) {
      const message = `The runner '${this.key}' has been started already; give each engine a runner of its own.`
      throw new TriggerkitError('InvalidArgument', message, { details: { runner: this.key } })
    }
    this.#host = host
    for (const entry of this.#entries.values()) this.#admit(entry, host)
  }

  /** Takes back a job that waits. One that runs is left to its aborted signal: code in the same process can't be stopped. */
  async cancel(jobId: string): Promise<void> {
    const entry = this.#entries.get(jobId)
    if (entry !== undefined && entry.state !== 'running') this.#end(entry)
  }

  async idle(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>(resolve => this.#idleCallers.push(resolve))
  }

  /**
   * Takes no more jobs and starts none that is delayed: those come back through their sessions' wake-ups. With `drain` it
   * waits for those that run or are ready; without, it starts none of them and waits for nothing.
   */
  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    this.#closed = true
    const host = this.#host
    for (const entry of [...this.#entries.values()]) {
      const willRun = entry.state === 'running' || (drain && host !== null && entry.state === 'ready')
      if (!willRun) this.#end(entry)
    }
    if (!drain) this.#released = true
    this.#tellIdle()
    await this.idle()
  }

  get #isIdle(): boolean {
    return this.#entries.size === 0 || this.#released
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
   * Starts jobs after the running code, so that no execution begins inside a hand-over. Where storage and tasks answer at
   * once, a long cascade would otherwise be one endless row of microtasks, in which no heartbeat is ever sent.
   */
  #setPump(host: RunnerHost): void {
    if (this.#isPumpSet) return
    this.#isPumpSet = true
    const pump = (): void => this.#pump(host)
    if (host.clock.monotonic() - this.#sliceBegan < SLICE_MS) queueMicrotask(pump)
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
    while (this.#running < this.#concurrency) {
      const entry = this.#ready.shift()
      if (entry === undefined) return
      if (entry.state === 'ready') void this.#run(entry, host)
    }
  }

  async #run(entry: Entry, host: RunnerHost): Promise<void> {
    entry.state = 'running'
    this.#running += 1
    try {
      await host.execute(entry.job)
    } catch (error) {
      report(host, this.key, entry.job, error)
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

function closedError(key: string): TriggerkitError {
  return new TriggerkitError('Closed', `The runner '${key}' is closed and takes no more jobs; make a new one.`, {
    details: { runner: key },
  })
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
