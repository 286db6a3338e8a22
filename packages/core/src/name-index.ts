/** Up to how many items a walk over them is faster than lists of them, which most sessions then never need. */
const FEW = 8

/** Finds the items of a map by further keys. An item that is put again is found under the keys that it has then. */
export class NameIndex<TItem extends { readonly name: string }> {
  readonly #items: Map<string, TItem>
  readonly #keysOf: (item: TItem) => readonly string[]
  /** By key; made once there are many items. */
  #lists: Map<string, Map<string, TItem>> | undefined
  /** Under which keys an item is listed, by name. */
  #keys: Map<string, readonly string[]> | undefined

  /** @param items - to be changed by the index alone from now on */
  constructor(items: Map<string, TItem>, keysOf: (item: TItem) => readonly string[]) {
    this.#items = items
    this.#keysOf = keysOf
  }

  list(key: string): readonly TItem[] {
    if (this.#lists === undefined) {
      const items = [...this.#items.values()]
      if (items.length <= FEW) return items.filter((item) => this.#keysOf(item).includes(key))
      this.#lists = new Map()
      this.#keys = new Map()
      for (const item of items) this.put(item)
    }
    return [...(this.#lists.get(key)?.values() ?? [])]
  }

  put(item: TItem): void {
    const { name } = item
    this.#items.set(name, item)
    if (this.#lists === undefined) return
    this.#unlist(name)
    const keys = this.#keysOf(item)
    this.#keys?.set(name, keys)
    for (const key of keys) {
      const list = this.#lists.get(key) ?? new Map<string, TItem>()
      this.#lists.set(key, list.set(name, item))
    }
  }

  remove(name: string): void {
    this.#items.delete(name)
    this.#unlist(name)
  }

  #unlist(name: string): void {
    for (const key of this.#keys?.get(name) ?? []) this.#lists?.get(key)?.delete(name)
    this.#keys?.delete(name)
  }
}
