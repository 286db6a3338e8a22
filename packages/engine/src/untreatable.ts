const FIRST_PAUSE = 5_000
const LONGEST_PAUSE = 5 * 60_000
const MAX_REMEMBERED = 10_000

/**
 * How far sessions are put off that this process can't treat: short at first, so that a process which can soon gets them,
 * then longer and longer.
 */
export class Untreatable {
  readonly #pauses = new Map<string, number>()

  /** The milliseconds by which to put the session off this time. */
  putOff(uid: string): number {
    const pause = Math.min((this.#pauses.get(uid) ?? FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
    this.#pauses.delete(uid)
    this.#pauses.set(uid, pause)
    if (this.#pauses.size > MAX_REMEMBERED) this.#pauses.delete(this.#pauses.keys().next().value as string)
    return pause
  }
}
