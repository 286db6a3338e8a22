import type { Clock, Timer } from '@triggerkit/contracts'

interface FakeTimer {
  readonly due: number
  readonly callback: () => void
}

/** How many promise reactions in a row count as everything that can happen without time passing. */
const TURNS = 300

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  #now = 1_000
  readonly #timers = new Map<number, FakeTimer>()
  #count = 0

  monotonic(): number {
    return this.#now
  }

  setTimer(callback: () => void, delay: number): Timer {
    this.#count += 1
    this.#timers.set(this.#count, { due: this.#now + delay, callback })
    return this.#count
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as number)
  }

  /** Lets time pass, timer after timer, with everything that each of them sets off. */
  async advance(length: number): Promise<void> {
    const end = this.#now + length
    await settle()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [id, { due, callback }] = next
      this.#timers.delete(id)
      this.#now = Math.max(this.#now, due)
      callback()
      await settle()
    }
    this.#now = end
  }

  #next(end: number): [number, FakeTimer] | undefined {
    return [...this.#timers].filter(([, { due }]) => due <= end).sort(([, left], [, right]) => left.due - right.due)[0]
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve()
}
