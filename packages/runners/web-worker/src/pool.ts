import { isTriggerkitError, TriggerkitError, type Clock, type Logger, type Timer } from '@triggerkit/contracts'

import { FarWorker } from './far-worker.js'
import type { Settings } from './options.js'
import { spawned } from './spawned.js'

/** How often a worker is tried to be started for one job. */
const ATTEMPTS = 3
/** The wait after the first start that failed, in milliseconds; it doubles with each that follows. */
const FIRST_REST = 100
const LONGEST_REST = 10_000

/** A place for one worker, which is made when it is needed and made anew when it has ended. */
export interface Slot {
  worker: FarWorker | null
  starting: Promise<FarWorker> | null
  /** How many jobs have it. */
  load: number
}

/** The workers of one runner. A job takes a place and gives it back. */
export class Pool {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #slots: readonly Slot[]
  readonly #waiting: ((slot: Slot) => void)[] = []
  /** Every worker that lives, be it ready or not. */
  readonly #workers = new Set<FarWorker>()
  /** Rests that are under way, by what ends them early. */
  readonly #rests = new Map<Timer, () => void>()
  #limits: ReadonlyMap<string, number | null> | null = null
  #failures = 0
  #closed: TriggerkitError | null = null

  constructor(settings: Settings, clock: Clock, logger: Logger) {
    this.#settings = settings
    this.#clock = clock
    this.#logger = logger
    this.#slots = Array.from({ length: settings.workers }, () => ({ worker: null, starting: null, load: 0 }))
  }

  /** The names that workers offer, as the last one to start said; `null` before the first. */
  get limits(): ReadonlyMap<string, number | null> | null {
    return this.#limits
  }

  /** A place that is free, when one is. */
  async take(): Promise<Slot> {
    const slot = this.#free()
    if (slot === undefined) return new Promise((resolve) => this.#waiting.push(resolve))
    slot.load += 1
    return slot
  }

  give(slot: Slot): void {
    const next = this.#waiting.shift()
    if (next === undefined) slot.load -= 1
    else next(slot)
  }

  /**
   * The worker of a place, started if there is none.
   * @throws `ExecutionLost` if none starts, `InvalidArgument` for a `spawn` that gives no new worker, `Closed`
   */
  async worker(slot: Slot): Promise<FarWorker> {
    if (this.#closed !== null) throw this.#closed
    if (slot.worker !== null) return slot.worker
    slot.starting ??= this.#start(slot).finally(() => {
      slot.starting = null
    })
    return slot.starting
  }

  /** Starts a first worker, to learn what it offers. A failure is told by the log: the first job tries again. */
  warm(): void {
    const [slot] = this.#slots
    if (slot === undefined) return
    this.worker(slot).catch((error: unknown) => {
      if (this.#closed === null) this.#logger.warn('No web worker could be started yet.', { error: String(error) })
    })
  }

  /** Terminates all workers; what runs in them rejects with the reason. */
  close(reason: TriggerkitError): void {
    this.#closed = reason
    for (const worker of this.#workers) worker.end(reason)
    for (const [timer, end] of this.#rests) {
      this.#clock.clearTimer(timer)
      end()
    }
  }

  /** The place with the least to do; one that has a worker before one that has none. */
  #free(): Slot | undefined {
    const cost = ({ load, worker }: Slot): number => load * 2 + (worker === null ? 1 : 0)
    let best: Slot | undefined
    for (const slot of this.#slots) {
      if (slot.load < this.#settings.tasksPerWorker && (best === undefined || cost(slot) < cost(best))) best = slot
    }
    return best
  }

  async #start(slot: Slot): Promise<FarWorker> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#rest()
      if (this.#closed !== null) throw this.#closed
      try {
        return await this.#startOnce(slot)
      } catch (error) {
        this.#failures += 1
        if (attempt === ATTEMPTS || this.#closed !== null || isTriggerkitError(error, 'InvalidArgument')) throw error
      }
    }
  }

  async #startOnce(slot: Slot): Promise<FarWorker> {
    const worker = new FarWorker(spawned(this.#settings.spawn), (reason) => this.#ended(slot, worker, reason))
    this.#workers.add(worker)
    await isReady(worker, this.#settings.loadLimit, this.#clock)
    if (!worker.ended) slot.worker = worker
    this.#failures = 0
    this.#limits = worker.limits
    return worker
  }

  #ended(slot: Slot, worker: FarWorker, reason: TriggerkitError): void {
    this.#workers.delete(worker)
    if (slot.worker !== worker) return
    slot.worker = null
    if (this.#closed === null) this.#logger.warn('A web worker has ended; another is made when it is needed.', { error: reason.message })
  }

  /** Where starts fail, the next one waits: a script that is broken must not keep the page busy. */
  async #rest(): Promise<void> {
    if (this.#failures === 0) return
    const length = Math.min(FIRST_REST * 2 ** (this.#failures - 1), LONGEST_REST)
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(() => {
        this.#rests.delete(timer)
        resolve()
      }, length)
      this.#rests.set(timer, resolve)
    })
  }
}

/** Waits until a worker has said what it offers; one that takes longer than the limit is ended. */
async function isReady(worker: FarWorker, limit: number, clock: Clock): Promise<void> {
  const message = `The web worker did not start: it has not called exposeTasks within ${limit} ms. Call it in the file that spawn names.`
  const tooLate = new TriggerkitError('ExecutionLost', message, { details: { started: false, limit } })
  const timer = clock.setTimer(() => worker.end(tooLate), limit)
  try {
    await worker.ready
  } finally {
    clock.clearTimer(timer)
  }
}
