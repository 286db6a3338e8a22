import type { Clock, Timer } from '@triggerkit/contracts'

/** Something that may take only so long. */
export interface Expiring {
  /** By the clock's monotonic time. */
  readonly deadline: number
  expire(): void
}

/** Watches over many equally long deadlines with one timer. */
export class Deadlines {
  readonly #clock: Clock
  readonly #waiting = new Set<Expiring>()
  #timer: Timer | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(item: Expiring): void {
    this.#waiting.add(item)
    if (this.#timer === null) this.#arm(item.deadline)
  }

  remove(item: Expiring): void {
    this.#waiting.delete(item)
    if (this.#waiting.size > 0 || this.#timer === null) return
    this.#clock.clearTimer(this.#timer)
    this.#timer = null
  }

  #arm(deadline: number): void {
    this.#timer = this.#clock.setTimer(() => this.#expire(), Math.max(0, deadline - this.#clock.monotonic()))
  }

  #expire(): void {
    this.#timer = null
    const now = this.#clock.monotonic()
    for (const item of this.#waiting) {
      if (item.deadline > now) return this.#arm(item.deadline)
      this.#waiting.delete(item)
      item.expire()
    }
  }
}
