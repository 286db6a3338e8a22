import type { Clock, Timer } from '@triggerkit/contracts'

/** Waits that don't outlive their engine: its end cuts all of them short, and leaves no timer behind. */
export class Pauses {
  readonly #clock: Clock
  readonly #waiting = new Map<() => void, Timer>()
  #ended = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after so many milliseconds, when `done` does, or when the engine ends, whichever comes first. */
  wait(delay: number, done?: Promise<unknown>): Promise<void> {
    if (this.#ended) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        // `done` may come to it after the time has.
        if (!this.#waiting.has(end)) return
        this.#clock.clearTimer(this.#waiting.get(end) as Timer)
        this.#waiting.delete(end)
        resolve()
      }
      this.#waiting.set(end, this.#clock.setTimer(end, delay))
      done?.then(end, end)
    })
  }

  end(): void {
    this.#ended = true
    for (const end of this.#waiting.keys()) end()
  }
}
