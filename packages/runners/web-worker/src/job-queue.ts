import type { DispatchAnswer, Job, RunnerHost, Timer } from '@triggerkit/contracts'

import { Queue } from './queue.js'
import { RecentIds } from './recent-ids.js'

/** A job's way: `new` until the runner has started, then `ready` (after a time as `delayed`, if need be), `running`, `ended`. */
export interface Entry {
  readonly job: Job
  state: 'new' | 'delayed' | 'ready' | 'running' | 'ended'
  timer: Timer | null
}

export interface JobQueueSettings {
  /** How many jobs run at once. */
  readonly concurrency: number
  /** How many ended jobs are remembered by id. */
  readonly remember: number
  /** Runs a job to its end; never rejects. */
  readonly run: (entry: Entry, host: RunnerHost) => Promise<void>
}

/** What was handed over and has not ended: begins jobs in the order in which they became ready, at most so many at once. */
export class JobQueue {
  readonly #settings: JobQueueSettings
  /** What waits or runs, by job id, in the order of hand-over. */
  readonly #entries = new Map<string, Entry>()
  readonly #ready = new Queue<Entry>()
  readonly #ended: RecentIds
  #idleCallers: (() => void)[] = []
  #host: RunnerHost | null = null
  #running = 0
  #isPumpSet = false
  /** Nobody waits for what still runs. */
  #released = false

  constructor(settings: JobQueueSettings) {
    this.#settings = settings
    this.#ended = new RecentIds(settings.remember)
  }

  add(job: Job): DispatchAnswer {
    if (this.#entries.has(job.id)) return 'present'
    if (this.#ended.has(job.id)) return 'spent'
    const entry: Entry = { job, state: 'new', timer: null }
    this.#entries.set(job.id, entry)
    if (this.#host !== null) this.#admit(entry, this.#host)
    return 'taken'
  }

  start(host: RunnerHost): void {
    this.#host = host
    for (const entry of this.#entries.values()) this.#admit(entry, host)
  }

  /** Takes a job back that waits. @returns whether there is one of that id that runs */
  takeBack(jobId: string): boolean {
    const entry = this.#entries.get(jobId)
    if (entry === undefined) return false
    if (entry.state === 'running') return true
    this.#end(entry)
    return false
  }

  async idle(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => this.#idleCallers.push(resolve))
  }

  /** Drops what is not going to run: all that waits, or with `drain` all but what is ready. */
  close(drain: boolean): void {
    for (const entry of [...this.#entries.values()]) {
      const willRun = entry.state === 'running' || (drain && this.#host !== null && entry.state === 'ready')
      if (!willRun) this.#end(entry)
    }
    if (!drain) this.#released = true
    this.#tellIdle()
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
    this.#setPump(host)
  }

  #admitDelayed(entry: Entry, host: RunnerHost): void {
    if (entry.state === 'delayed') this.#admit(entry, host)
  }

  /** Begins jobs after the running code, so that no execution begins inside a hand-over. */
  #setPump(host: RunnerHost): void {
    if (this.#isPumpSet) return
    this.#isPumpSet = true
    queueMicrotask(() => this.#pump(host))
  }

  #pump(host: RunnerHost): void {
    this.#isPumpSet = false
    while (this.#running < this.#settings.concurrency) {
      const entry = this.#ready.shift()
      if (entry === undefined) return
      if (entry.state === 'ready') void this.#run(entry, host)
    }
  }

  async #run(entry: Entry, host: RunnerHost): Promise<void> {
    entry.state = 'running'
    this.#running += 1
    await this.#settings.run(entry, host)
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
