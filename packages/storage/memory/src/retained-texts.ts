interface Generation {
  readonly since: number
  readonly texts: Map<string, string>
  bytes: number
}

/**
 * Texts that are forgotten by themselves, at the earliest `period` after they were kept and at the latest twice that long.
 *
 * There are two generations: texts enter the younger one; once that has lasted for a period it becomes the older one, and
 * the older one is dropped whole. A single map pruned from the front would cost more: deleted entries stay in a map's
 * table, and each new look at its front walks over them.
 */
export class RetainedTexts {
  readonly #period: number
  readonly #resized: (bytes: number) => void
  #younger: Generation = newGeneration(Number.NEGATIVE_INFINITY)
  #older: Generation = newGeneration(Number.NEGATIVE_INFINITY)

  /** @param resized - told by how many bytes the texts and their keys grow or shrink */
  constructor(period: number, resized: (bytes: number) => void = () => undefined) {
    this.#period = period
    this.#resized = resized
  }

  get(key: string, now: number): string | undefined {
    this.forgetOld(now)
    return this.#younger.texts.get(key) ?? this.#older.texts.get(key)
  }

  keep(key: string, text: string, now: number): void {
    this.forgetOld(now)
    const replaced = this.#younger.texts.get(key)
    const growth = text.length + key.length - (replaced === undefined ? 0 : key.length + replaced.length)
    this.#younger.texts.set(key, text)
    this.#younger.bytes += growth
    this.#resized(growth)
  }

  forgetOld(now: number): void {
    if (now - this.#younger.since < this.#period) return
    const bothAreOld = now - this.#younger.since >= 2 * this.#period
    this.#resized(-this.#older.bytes)
    if (bothAreOld) this.#resized(-this.#younger.bytes)
    this.#older = bothAreOld ? newGeneration(now) : this.#younger
    this.#younger = newGeneration(now)
  }
}

function newGeneration(since: number): Generation {
  return { since, texts: new Map(), bytes: 0 }
}
