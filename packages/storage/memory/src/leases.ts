/** Who lives, and until when. */
export class Leases {
  readonly #ends = new Map<string, number>()

  /** Begins (`first`), renews or, with a `ttl` of zero, ends a lease; `false` if the one to be renewed had run out. */
  renew(owner: string, ttl: number, first: boolean, now: number): boolean {
    this.#dropEnded(now)
    const renewable = first || this.#ends.has(owner)
    if (!renewable || ttl === 0) this.#ends.delete(owner)
    else this.#ends.set(owner, now + ttl)
    return renewable
  }

  owners(now: number): ReadonlyMap<string, number> {
    this.#dropEnded(now)
    return new Map(this.#ends)
  }

  #dropEnded(now: number): void {
    for (const [owner, end] of this.#ends) if (end <= now) this.#ends.delete(owner)
  }
}
