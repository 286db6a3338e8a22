/** Lists named items under keys; an item put again leaves the lists that it was in. */
export class NameIndex<TItem extends { readonly name: string }> {
  readonly #lists = new Map<string, Map<string, TItem>>()
  readonly #keys = new Map<string, readonly string[]>()

  list(key: string): readonly TItem[] {
    return [...(this.#lists.get(key)?.values() ?? [])]
  }

  put(item: TItem, keys: readonly string[]): void {
    this.remove(item.name)
    this.#keys.set(item.name, keys)
    for (const key of keys) {
      if (!this.#lists.has(key)) this.#lists.set(key, new Map())
      this.#lists.get(key)?.set(item.name, item)
    }
  }

  remove(name: string): void {
    for (const key of this.#keys.get(name) ?? []) this.#lists.get(key)?.delete(name)
    this.#keys.delete(name)
  }
}
