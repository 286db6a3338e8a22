import { setImmediate } from 'node:timers/promises'

export interface LaneOptions<TItem> {
  /** How many items may be under way, those that wait for an earlier one of their lane included. */
  readonly limit: number
  /** Items of one lane follow one another; lanes run side by side. */
  readonly laneOf: (item: TItem) => string
  readonly handle: (item: TItem) => Promise<void>
  /** Resolves once another item may be read; at the latest when `signal` is aborted. */
  readonly ready?: () => Promise<void>
  /** Ends the reading; what has been read is still handled. */
  readonly signal: AbortSignal
}

/** How many items are taken before signals, timers and input get a turn. */
const TURN = 64

/**
 * Takes items from a source as fast as they are handled, and no faster.
 * Rejects with the first error of `handle` or of the source, once everything under way has ended.
 */
export async function runInLanes<TItem>(source: AsyncIterable<TItem>, options: LaneOptions<TItem>): Promise<void> {
  const lanes = new Lanes(options)
  let taken = 0
  try {
    for await (const item of source) {
      await options.ready?.()
      await lanes.room()
      if (options.signal.aborted || lanes.hasFailed) break
      lanes.take(item)
      taken += 1
      if (taken % TURN === 0) await setImmediate()
    }
  } finally {
    await lanes.end()
  }
  lanes.rethrow()
}

class Lanes<TItem> {
  readonly #options: LaneOptions<TItem>
  readonly #tails = new Map<string, Promise<void>>()
  #underWay = 0
  #wake: () => void = () => undefined
  #failures: unknown[] = []

  constructor(options: LaneOptions<TItem>) {
    this.#options = options
  }

  get hasFailed(): boolean {
    return this.#failures.length > 0
  }

  async room(): Promise<void> {
    await this.#until(() => this.#underWay < this.#options.limit)
  }

  async end(): Promise<void> {
    await this.#until(() => this.#underWay === 0)
  }

  take(item: TItem): void {
    const lane = this.#options.laneOf(item)
    this.#underWay += 1
    const tail = this.#follow(this.#tails.get(lane), item).finally(() => {
      if (this.#tails.get(lane) === tail) this.#tails.delete(lane)
      this.#underWay -= 1
      this.#wake()
    })
    this.#tails.set(lane, tail)
  }

  rethrow(): void {
    if (this.hasFailed) throw this.#failures[0]
  }

  async #follow(earlier: Promise<void> | undefined, item: TItem): Promise<void> {
    await earlier
    try {
      if (!this.hasFailed) await this.#options.handle(item)
    } catch (error) {
      this.#failures.push(error)
    }
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }
}
