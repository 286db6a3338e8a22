import { milliseconds } from '@triggerkit/contracts'
import type { Clock, Duration, Timer } from '@triggerkit/contracts'
import { pause, reactions, turn } from './event-loop.js'

interface VirtualTimer {
  readonly due: number
  readonly callback: () => void
  readonly background: boolean
}

/** Work that goes on while no time passes. @internal */
export interface Activity {
  /** Whether something runs, or is about to. */
  readonly busy: boolean
  /** Rises with everything that begins or ends. */
  readonly progress: number
}

/** After how many turns of the event loop that brought nothing time passes on; in one alone, others' callbacks may come last. */
const QUIET_TURNS = 2

/** When virtual time begins: 2026-01-01T00:00:00Z. */
const START = 1_767_225_600_000

/** Time that passes only when a test says so: weeks of it in milliseconds. It knows whole milliseconds only. */
export class VirtualClock implements Clock {
  #elapsed = 0
  #count = 0
  readonly #timers = new Map<number, VirtualTimer>()
  readonly #activities = new Set<Activity>()

  /** The virtual time, in milliseconds since 1970. It begins with 2026-01-01T00:00:00Z, and suits a storage as its `now`. */
  readonly now = (): number => START + this.#elapsed

  monotonic(): number {
    return this.#elapsed
  }

  setTimer(callback: () => void, delay: number, background = false): Timer {
    this.#count += 1
    this.#timers.set(this.#count, { due: this.#elapsed + Math.ceil(delay), callback, background })
    return this.#count
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as number)
  }

  /**
   * Lets time pass: fires timers in the order in which they are due, each followed by everything that it causes.
   * A task that waits for something real, such as a file, gets one turn of the event loop, and time passes on.
   * @throws `InvalidArgument` for anything but a duration
   */
  async advance(duration: Duration): Promise<void> {
    const end = this.#elapsed + Math.ceil(milliseconds(duration, 'duration'))
    await this.settle()
    for (let next = this.#next(); next !== undefined && next[1].due <= end; next = this.#next()) {
      this.#ring(next)
      await this.settle()
    }
    this.#elapsed = Math.max(this.#elapsed, end)
  }

  /** Lets everything happen that needs no time. @internal */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.progress
      await reactions()
      if (!this.#isBusy) return
      await turn()
      quiet = this.progress === before ? quiet + 1 : 0
    }
  }

  /** Jumps to the next timer; while something runs no virtual time passes, but a little real time. @internal */
  async step(): Promise<void> {
    const next = this.#next()
    const due = next !== undefined && (next[1].due <= this.#elapsed || !this.#isBusy)
    if (!due) return pause(1)
    this.#ring(next)
  }

  /** Jumps to the next timer but for background ones, which only limit how long something may take: these ring on the way. @internal */
  async leap(): Promise<void> {
    const next = this.#next(({ background }) => !background)
    if (this.#isBusy || next === undefined) return this.step()
    await this.advance(next[1].due - this.#elapsed)
  }

  /** Waits for that activity whenever something has happened; returns what ends it. @internal */
  heed(activity: Activity): () => void {
    this.#activities.add(activity)
    return () => void this.#activities.delete(activity)
  }

  /** Rises with everything that begins or ends. @internal */
  get progress(): number {
    return [...this.#activities].reduce((sum, { progress }) => sum + progress, 0)
  }

  get #isBusy(): boolean {
    return [...this.#activities].some(({ busy }) => busy)
  }

  #next(counts: (timer: VirtualTimer) => boolean = () => true): readonly [number, VirtualTimer] | undefined {
    let earliest: readonly [number, VirtualTimer] | undefined
    for (const entry of this.#timers) {
      if (counts(entry[1]) && (earliest === undefined || entry[1].due < earliest[1].due)) earliest = entry
    }
    return earliest
  }

  #ring([id, { due, callback }]: readonly [number, VirtualTimer]): void {
    this.#timers.delete(id)
    this.#elapsed = Math.max(this.#elapsed, due)
    callback()
  }
}
