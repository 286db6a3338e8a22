import { TriggerkitError } from '@triggerkit/contracts'
import type { DispatchAnswer, Job, RunnerHost, Timer } from '@triggerkit/contracts'

import type { Settings } from './options.js'
import { Queue } from './queue.js'
import { RecentIds } from './recent-ids.js'

/** A job's way: `new` until the start, then `ready` (after a time as `delayed`, if need be), `running`, `ended`. */
interface Entry {
  readonly job: Job
  state: 'new' | 'delayed' | 'ready' | 'running' | 'ended'
  timer: Timer | null
}

/** Runs one job to its end. Never rejects. */
export type RunJob = (job: Job) => Promise<void>

/** Keeps jobs until it is their turn: each is taken once by its id, and begun when its time has come and a place is free. */
export class JobQueue {
  readonly #key: string
  readonly #places: number
  /** What waits or runs, by job id, in the order of hand-over. */
  readonly #entries = new Map<string, Entry>()
  readonly #ready = new Queue<Entry>()
  readonly #ended: RecentIds
  #idleCallers: (() => void)[] = []
  #host: RunnerHost | null = null
  #run: RunJob | null = null
  #running = 0
  #closed = false
  /** Nobody waits for what still runs: it was closed without draining. */
  #released = false

  constructor({ key, threads, tasksPerThread, remember }: Settings) {
    this.#key = key
    this.#places = threads * tasksPerThread
    this.#ended = new RecentIds(remember)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** @throws `Closed` */
  take(job: Job): DispatchAnswer {
    if (this.#closed) throw closedError(this.#key)
    if (this.#entries.has(job.id)) return 'present'
    if (this.#ended.has(job.id)) return 'spent'
    const entry: Entry = { job, state: 'new', timer: null }
    this.#entries.set(job.id, entry)
    if (this.#host !== null) this.#admit(entry, this.#host)
    return 'taken'
  }

  /** @throws `Closed` */
  start(host: RunnerHost, run: RunJob): void {
    if (this.#closed) throw closedError(this.#key)
    this.#host = host
    this.#run = run
    for (const entry of this.#entries.values()) this.#admit(entry, host)
  }

  /** Takes back a job that waits. */
  withdraw(jobId: string): void {
    const entry = this.#entries.get(jobId)
    if (entry !== undefined && entry.state !== 'running') this.#end(entry)
  }

  async idle(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => this.#idleCallers.push(resolve))
  }

  /** Takes no more; with `drain` waits for what runs or is ready, without for nothing. What is delayed comes back through its session. */
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

  #admit(entry: Entry, host: RunnerHost): void {
    const { notBefore } = entry.job
    const delay = notBefore === null ? 0 : notBefore - host.now()
    if (delay > 0) {
      entry.state = 'delayed'
      // Looked at again when the timer fires: the clock's time need not run as the storage's does.
      entry.timer = host.clock.setTimer(() => this.#admitDelayed(entry, host), Math.ceil(delay))
      return
    }
    entry.state = 'ready'
    entry.timer = null
    this.#ready.push(entry)
    // After the running code, so that no execution begins inside a hand-over.
    queueMicrotask(() => this.#pump())
  }

  #admitDelayed(entry: Entry, host: RunnerHost): void {
    if (entry.state === 'delayed') this.#admit(entry, host)
  }

  #pump(): void {
    while (this.#running < this.#places) {
      const entry = this.#ready.shift()
      if (entry === undefined) return
      if (entry.state === 'ready') void this.#execute(entry, this.#run as RunJob)
    }
  }

  async #execute(entry: Entry, run: RunJob): Promise<void> {
    entry.state = 'running'
    this.#running += 1
    await run(entry.job)
    this.#running -= 1
    this.#end(entry)
    this.#pump()
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

/** What a closed runner answers. */
export function closedError(key: string): TriggerkitError {
  const message = `The runner '${key}' is closed and takes no more jobs; make a new one.`
  return new TriggerkitError('Closed', message, { details: { runner: key } })
}
