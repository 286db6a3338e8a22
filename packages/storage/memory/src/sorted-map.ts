const LONGEST_RUN = 512

/**
 * A map that can be read in the order of its keys, by code unit. Writing costs the same however many keys there are; the
 * order is made when somebody asks for it, from the keys that came since the last time.
 */
export class SortedMap<TValue> {
  readonly #values = new Map<string, TValue>()
  /** Sorted runs of sorted keys, none empty: a key moves at most one run's length of others. */
  #runs: string[][] = []
  /** Keys that are in no run yet. */
  #unsorted: string[] = []

  get size(): number {
    return this.#values.size
  }

  get(key: string): TValue | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: TValue): void {
    if (!this.#values.has(key)) this.#unsorted.push(key)
    this.#values.set(key, value)
  }

  delete(key: string): boolean {
    if (!this.#values.has(key)) return false
    this.#sort()
    this.#removeFromRuns(key)
    return this.#values.delete(key)
  }

  /** The entries from `start` on, in order; with `after`, those behind that key. */
  *entriesFrom(start: string, after?: string): Generator<readonly [key: string, value: TValue]> {
    this.#sort()
    const comesBefore = (key: string): boolean => key < start || (after !== undefined && key <= after)
    const first = countLeading(this.#runs, run => comesBefore(run.at(-1) ?? ''))
    for (let index = first; index < this.#runs.length; index += 1) {
      const run = this.#runs[index] ?? []
      for (let at = index === first ? countLeading(run, comesBefore) : 0; at < run.length; at += 1) {
        const key = run[at] ?? ''
        yield [key, this.#values.get(key) as TValue]
      }
    }
  }

  #sort(): void {
    if (this.#unsorted.length === 0) return
    const keys = this.#unsorted
    this.#unsorted = []
    // Many at once are sorted together with the rest, by the platform's own sort (whose order is by code unit).
    if (keys.length * 8 > this.#values.size) this.#runs = chunks([...this.#values.keys()].sort(), LONGEST_RUN / 2)
    else for (const key of keys) this.#insertIntoRuns(key)
  }

  #insertIntoRuns(key: string): void {
    const index = this.#runIndex(key)
    const run = this.#runs[index] ?? []
    run.splice(countLeading(run, other => other < key), 0, key)
    if (run.length > LONGEST_RUN) this.#runs.splice(index + 1, 0, run.splice(LONGEST_RUN / 2))
  }

  #removeFromRuns(key: string): void {
    const index = this.#runIndex(key)
    const run = this.#runs[index] ?? []
    run.splice(countLeading(run, other => other < key), 1)
    if (run.length === 0) this.#runs.splice(index, 1)
  }

  /** Which run holds the key, or would. */
  #runIndex(key: string): number {
    return Math.max(0, countLeading(this.#runs, run => (run[0] ?? '') <= key) - 1)
  }
}

/** How many items of a list `holds` is true of, given that they all come first. */
function countLeading<TItem>(items: readonly TItem[], holds: (item: TItem) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(items[middle] as TItem)) low = middle + 1
    else high = middle
  }
  return low
}

function chunks(keys: readonly string[], length: number): string[][] {
  const runs: string[][] = []
  for (let start = 0; start < keys.length; start += length) runs.push(keys.slice(start, start + length))
  return runs
}
