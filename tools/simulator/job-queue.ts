import type { DispatchAnswer, Job } from '@triggerkit/contracts'

import type { FaultBook } from './fault-book.js'
import type { History } from './history.js'
import type { Random } from './random.js'
import type { Life, Scheduler } from './scheduler.js'

/** After how long the queue looks whether whoever took a job still works on it. */
const VISIBILITY = 4_000

/** A process that takes jobs. */
export interface Consumer {
  readonly life: Life
  /** Whether it works on that job. */
  readonly has: (jobId: string) => boolean
  readonly take: (job: Job) => void
}

/** A queue server: jobs survive every process, are taken at least once, and are remembered for a while when they have ended. */
export class JobQueue {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #faults: FaultBook
  readonly #history: History
  readonly #now: () => number
  readonly #settings: { readonly delays: boolean; readonly remembers: number }
  readonly #jobs = new Map<string, Job>()
  readonly #ended = new Set<string>()
  readonly #consumers = new Set<Consumer>()

  constructor(
    parts: { scheduler: Scheduler; random: Random; faults: FaultBook; history: History; now: () => number },
    settings: { readonly delays: boolean; readonly remembers: number },
  ) {
    this.#scheduler = parts.scheduler
    this.#random = parts.random
    this.#faults = parts.faults
    this.#history = parts.history
    this.#now = parts.now
    this.#settings = settings
  }

  /** How many jobs wait or run. */
  get size(): number {
    return this.#jobs.size
  }

  join(consumer: Consumer): void {
    this.#consumers.add(consumer)
  }

  leave(consumer: Consumer): void {
    this.#consumers.delete(consumer)
  }

  add(job: Job): DispatchAnswer {
    if (this.#jobs.has(job.id)) return 'present'
    if (this.#ended.has(job.id)) return 'spent'
    this.#jobs.set(job.id, job)
    const wait = this.#settings.delays && job.notBefore !== null ? job.notBefore - this.#now() : 0
    this.#scheduler.after(Math.max(0, wait) + this.#random.below(6), null, () => this.#deliver(job))
    return 'taken'
  }

  /** Takes a job back, or notes that it has ended. */
  end(jobId: string): void {
    if (!this.#jobs.delete(jobId)) return
    this.#ended.add(jobId)
    for (const oldest of this.#ended) {
      if (this.#ended.size <= this.#settings.remembers) return
      this.#ended.delete(oldest)
    }
  }

  #deliver(job: Job): void {
    if (!this.#jobs.has(job.id)) return
    const consumers = [...this.#consumers].filter(({ life }) => life.alive)
    if (consumers.length === 0) return void this.#scheduler.after(300, null, () => this.#deliver(job))
    const consumer = this.#random.pick(consumers)
    this.#give(job, consumer)
    const again = this.#faults.deliveredTwice()
    if (again !== undefined) this.#scheduler.after(again, null, () => this.#give(job, this.#random.pick(consumers)))
    this.#scheduler.after(VISIBILITY, null, () => this.#look(job, consumer))
  }

  #give(job: Job, { life, take }: Consumer): void {
    this.#scheduler.after(this.#random.below(4), life, () => {
      this.#history.tell(life.name, `gets job ${job.id} (${job.instance})`)
      take(job)
    })
  }

  #look(job: Job, consumer: Consumer): void {
    const { life, has } = consumer
    const works = life.alive && life.frozenUntil <= this.#scheduler.now && has(job.id)
    if (works) this.#scheduler.after(VISIBILITY, null, () => this.#look(job, consumer))
    else this.#deliver(job)
  }
}
