/** Chance that is the same again for the same seed. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number from 0 up, below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  one<TValue>(values: readonly TValue[]): TValue {
    return values[this.whole(0, values.length - 1)] as TValue
  }

  shuffled<TValue>(values: readonly TValue[]): readonly TValue[] {
    const left = [...values]
    return values.map(() => left.splice(this.whole(0, left.length - 1), 1)[0] as TValue)
  }
}
