const FIRST_PAUSE = 5_000
const LONGEST_PAUSE = 5 * 60_000
const MAX_REMEMBERED = 10_000

/**
 * How far sessions are put off that this process can't treat: short at first, so that a process which can soon gets them,
 * then longer and longer. And when their time has come, this process lets the others claim first.
 */
export class Untreatable {
  /** Until when each of them is put off, by the storage's time, and for how long. */
  readonly #putOffs = new Map<string, { readonly pause: number; until: number }>()
  #yielded = false

  /** The time until which to put the session off now. */
  putOff(uid: string, now: number): number {
    const pause = Math.min((this.#putOffs.get(uid)?.pause ?? FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
    const until = now + pause
    this.#putOffs.delete(uid)
    this.#putOffs.set(uid, { pause, until })
    if (this.#putOffs.size > MAX_REMEMBERED) this.#putOffs.delete(this.#putOffs.keys().next().value as string)
    return until
  }

  /** Whether to leave this sweep to others; never twice in a row. */
  yields(now: number): boolean {
    const comeUp = this.#yielded ? [] : [...this.#putOffs.values()].filter(({ until }) => until <= now)
    // The others have had their turn for these.
    for (const putOff of comeUp) putOff.until = Infinity
    this.#yielded = comeUp.length > 0
    return this.#yielded
  }
}
