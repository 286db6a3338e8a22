/** The last so many ids. A ring of them says which one to forget, at the same cost however many there are. */
export class RecentIds {
  readonly #capacity: number
  readonly #known = new Set<string>()
  readonly #ring: string[] = []
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  has(id: string): boolean {
    return this.#known.has(id)
  }

  add(id: string): void {
    if (this.#capacity === 0 || this.#known.has(id)) return
    const forgotten = this.#ring[this.#next]
    if (forgotten !== undefined) this.#known.delete(forgotten)
    this.#ring[this.#next] = id
    this.#known.add(id)
    this.#next = (this.#next + 1) % this.#capacity
  }
}
