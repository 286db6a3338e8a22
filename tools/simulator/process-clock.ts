import type { Clock, Timer } from '@triggerkit/contracts'

import type { Life, Pending, Scheduler } from './scheduler.js'

interface ProcessTimer {
  readonly due: number
  readonly callback: () => void
  pending: Pending
}

/** A process's own monotonic clock: it may run faster or slower than the virtual time, and jump ahead. */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #life: Life
  readonly #rate: number
  readonly #born: number
  readonly #timers = new Set<ProcessTimer>()
  #jumped = 0

  constructor(scheduler: Scheduler, life: Life, rate: number) {
    this.#scheduler = scheduler
    this.#life = life
    this.#rate = rate
    this.#born = scheduler.now
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  monotonic(): number {
    return (this.#scheduler.now - this.#born) * this.#rate + this.#jumped
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer = { due: this.monotonic() + delay, callback } as ProcessTimer
    this.#timers.add(timer)
    this.#arm(timer)
    return timer
  }

  clearTimer(timer: Timer): void {
    const known = timer as ProcessTimer | undefined
    if (known === undefined || !this.#timers.delete(known)) return
    known.pending.cancelled = true
  }

  /** Jumps ahead, so that timers ring sooner. */
  jump(milliseconds: number): void {
    this.#jumped += milliseconds
    for (const timer of this.#timers) {
      timer.pending.cancelled = true
      this.#arm(timer)
    }
  }

  #arm(timer: ProcessTimer): void {
    timer.pending = this.#scheduler.after((timer.due - this.monotonic()) / this.#rate, this.#life, () => {
      this.#timers.delete(timer)
      timer.callback()
    })
  }
}
