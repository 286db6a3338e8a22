import type { Clock, Timed } from '@triggerkit/contracts'

/** The storage's time, carried on by a monotonic clock between its answers. No wall clock has a say in it. */
export class StorageTime {
  readonly #clock: Clock
  #storage = 0
  #heardAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#heardAt = clock.monotonic()
  }

  /** Takes the time from an answer of the storage's, and hands the answer on. */
  hear<TAnswer extends Timed>(answer: TAnswer): TAnswer {
    this.#storage = answer.now
    this.#heardAt = this.#clock.monotonic()
    return answer
  }

  now(): number {
    return Math.floor(this.#storage + this.#clock.monotonic() - this.#heardAt)
  }
}
