import type { Clock } from '@triggerkit/contracts'
import { systemClock } from '@triggerkit/engine'
import { sleep } from '../sleep.js'

/** How often a wait looks again, in milliseconds. */
const STEP = 2

/** All waits of one case. They share a limit, so that no case hangs, and each says in time what it waited for. */
export class Patience {
  readonly #limit: number
  readonly #clock: Clock
  readonly #wait: (milliseconds: number) => Promise<void>
  readonly #began: number
  /** How long was waited at least; a clock that doesn't move can't make a wait endless. */
  #waited = 0
  #passing: Promise<void> = Promise.resolve()

  constructor(limit: number, clock: Clock, wait: (milliseconds: number) => Promise<void>) {
    this.#limit = limit
    this.#clock = clock
    this.#wait = wait
    this.#began = clock.monotonic()
  }

  /** Lets time pass. */
  pass(milliseconds: number): Promise<void> {
    // One after the other: a virtual clock need not be one that can be advanced while it advances.
    this.#passing = this.#passing.then(() => this.#wait(milliseconds))
    this.#waited += milliseconds
    return this.#passing
  }

  /** Waits until something holds. @throws if it doesn't before the limit, saying what */
  async until(holds: () => boolean, what: string): Promise<void> {
    while (!holds()) {
      if (this.#elapsed >= this.#limit) throw new Error(`within ${this.#limit} ms, its patience, it did not happen that ${what}`)
      await this.pass(STEP)
    }
  }

  /** What becomes of a promise. @throws if it doesn't settle before the limit, saying what was awaited */
  async within<TValue>(promise: Promise<TValue>, what: string): Promise<TValue> {
    const state = watch(promise)
    await Promise.race([promise, this.until(() => state.settled, what)])
    return promise
  }

  get #elapsed(): number {
    return Math.max(this.#waited, this.#clock.monotonic() - this.#began)
  }
}

/** Patience in real time, whatever time a place has: for what the environment does. */
export function realPatience(limit: number): Patience {
  return new Patience(limit, systemClock, sleep)
}

/** Whether a promise has settled; one that rejects later is nobody's unhandled rejection. */
export function watch(promise: Promise<unknown>): { readonly settled: boolean } {
  const state = { settled: false }
  const settle = (): void => void (state.settled = true)
  promise.then(settle, settle)
  return state
}
