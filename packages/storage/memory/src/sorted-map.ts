/**
 * A map that can be read in the order of its keys, by code unit. Writing costs the same however many keys there are; the
 * order is made when somebody asks for it, from the keys that came since the last time.
 */
export class SortedMap<TValue> {
  readonly #values = new Map<string, TValue>()
  #sorted: string[] = []
  #added: string[] = []

  get(key: string): TValue | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: TValue): void {
    if (!this.#values.has(key)) this.#added.push(key)
    this.#values.set(key, value)
  }

  delete(key: string): boolean {
    const existed = this.#values.delete(key)
    if (existed) {
      this.#sort()
      this.#sorted.splice(this.#position(key), 1)
    }
    return existed
  }

  /** The entries from `start` on, in order; with `after`, those behind that key. */
  *entriesFrom(start: string, after = ''): Generator<readonly [key: string, value: TValue]> {
    this.#sort()
    let at = this.#position(after > start ? after : start)
    if (this.#sorted[at] === after) at += 1
    for (; at < this.#sorted.length; at += 1) {
      const key = this.#sorted[at] as string
      yield [key, this.#values.get(key) as TValue]
    }
  }

  // Many keys at once are sorted together with the rest by the platform's own sort, whose order is by code unit.
  #sort(): void {
    const added = this.#added
    this.#added = []
    if (added.length > 64) this.#sorted = [...this.#sorted, ...added].sort()
    else for (const key of added) this.#sorted.splice(this.#position(key), 0, key)
  }

  /** Where the key is, or would be. */
  #position(key: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
