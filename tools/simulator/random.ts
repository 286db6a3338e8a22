/** Chance that repeats itself: the same seed and stream give the same numbers on every machine. */
export class Random {
  #a: number
  #b: number
  #c: number
  #count = 1

  /** @param stream - tells apart what must not disturb each other, such as the plan and the latencies of one seed */
  constructor(seed: number, stream: string) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = [...stream].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193), 0x811c9dc5)
    for (let warm = 0; warm < 12; warm += 1) this.#draw()
  }

  /** A whole number from 0 up, below `limit`. */
  below(limit: number): number {
    return Math.floor((this.#draw() / 2 ** 32) * limit)
  }

  /** A whole number between both, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(probability: number): boolean {
    return this.#draw() / 2 ** 32 < probability
  }

  pick<TItem>(items: readonly TItem[]): TItem {
    return items[this.below(items.length)] as TItem
  }

  /** One of the items, each as often as its weight says. */
  weighted<TItem>(items: readonly (readonly [weight: number, item: TItem])[]): TItem {
    let left = this.below(items.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, item] of items) if ((left -= weight) < 0) return item
    return (items.at(-1) as readonly [number, TItem])[1]
  }

  /** Some of the items in an order of their own, `least` to `most` of them. */
  some<TItem>(items: readonly TItem[], least: number, most: number): TItem[] {
    const left = [...items]
    const wanted = Math.min(this.between(least, most), left.length)
    return Array.from({ length: wanted }, () => left.splice(this.below(left.length), 1)[0] as TItem)
  }

  /** All items in an order of their own. */
  shuffled<TItem>(items: readonly TItem[]): TItem[] {
    return this.some(items, items.length, items.length)
  }

  // The generator sfc32, which passes PractRand; 32 bits at a time.
  #draw(): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum >>> 0
  }
}
