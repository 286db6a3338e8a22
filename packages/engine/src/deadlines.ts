import type { Clock, Timer } from '@triggerkit/contracts'

/** Something that may take only so long. */
export interface Expiring {
  /** By the clock's monotonic time. */
  readonly deadline: number
  expire(): void
}

/**
 * Watches over many equally long deadlines with one timer: each that is added lies behind all those before it. The timer
 * runs on when nothing waits any more, since setting one for each command would cost more than the command's own work.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #waiting = new Set<Expiring>()
  #timer: Timer | null = null
  #ended = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(item: Expiring): void {
    if (this.#ended) return item.expire()
    this.#waiting.add(item)
    if (this.#timer === null) this.#arm(item.deadline)
  }

  remove(item: Expiring): void {
    this.#waiting.delete(item)
  }

  /** Lets everything expire, now and from now on. */
  end(): void {
    this.#ended = true
    this.#disarm()
    for (const item of this.#waiting) this.#drop(item)
  }

  #arm(deadline: number): void {
    this.#timer = this.#clock.setTimer(() => this.#expire(), Math.max(0, deadline - this.#clock.monotonic()), true)
  }

  #disarm(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer)
    this.#timer = null
  }

  #expire(): void {
    const now = this.#clock.monotonic()
    const due: Expiring[] = []
    this.#timer = null
    for (const item of this.#waiting) {
      if (item.deadline <= now) due.push(item)
      else {
        this.#arm(item.deadline)
        break
      }
    }
    for (const item of due) if (this.#waiting.has(item)) this.#drop(item)
  }

  #drop(item: Expiring): void {
    this.#waiting.delete(item)
    item.expire()
  }
}
