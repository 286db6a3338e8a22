const FIRST_PAUSE = 5_000
const LONGEST_PAUSE = 5 * 60_000
const MAX_REMEMBERED = 10_000

/**
 * How far sessions are put off that this process can't treat: short at first, so that a process which can soon gets them,
 * then longer and longer. And when their time has come, this process lets the others claim first.
 */
export class Untreatable {
  readonly #pauses = new Map<string, number>()
  /** When the next of them comes up, by the storage's time. */
  #comesUp = Infinity
  #yielded = false

  /** The time until which to put the session off now. */
  putOff(uid: string, now: number): number {
    const pause = Math.min((this.#pauses.get(uid) ?? FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
    this.#pauses.delete(uid)
    this.#pauses.set(uid, pause)
    if (this.#pauses.size > MAX_REMEMBERED) this.#pauses.delete(this.#pauses.keys().next().value as string)
    this.#comesUp = Math.min(this.#comesUp, now + pause)
    return now + pause
  }

  /** Whether to leave this sweep to others; never twice in a row. */
  yields(now: number): boolean {
    this.#yielded = !this.#yielded && this.#comesUp <= now
    if (this.#yielded) this.#comesUp = Infinity
    return this.#yielded
  }
}
