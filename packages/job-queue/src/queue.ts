const COMPACT_FROM = 1_024

/** First in, first out. An array's own `shift` moves all the others; this one moves them once per length of the queue. */
export class Queue<TItem> {
  #items: (TItem | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: TItem): void {
    this.#items.push(item)
  }

  shift(): TItem | undefined {
    const item = this.#items[this.#head]
    if (this.#head < this.#items.length) this.#items[this.#head++] = undefined
    if (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#items.length) this.#compact()
    return item
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
