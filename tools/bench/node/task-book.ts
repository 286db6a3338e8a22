/** Knows of which sessions the tasks are awaited, have started, have ended: each must start once, and only when awaited. */
export class TaskBook {
  readonly #awaited = new Map<string, () => void>()
  readonly #unended = new Set<string>()
  #tellQuiet: () => void = () => undefined
  #fault: Error | null = null

  /** Resolves when the session's task starts. */
  start(uid: string): Promise<void> {
    this.#unended.add(uid)
    return new Promise((resolve) => this.#awaited.set(uid, resolve))
  }

  /** The task's first line. */
  started(uid: string): void {
    const resolve = this.#awaited.get(uid)
    this.#awaited.delete(uid)
    if (resolve === undefined) this.#fault ??= new Error(`The task of ${uid} started unasked, or a second time.`)
    else resolve()
  }

  /** The task's outcome is recorded, where it is at all. */
  ended(uid: string): void {
    this.#unended.delete(uid)
    if (this.#unended.size === 0) this.#tellQuiet()
  }

  /** Resolves when all tasks that were awaited have ended. */
  async quiet(): Promise<void> {
    if (this.#unended.size > 0) await new Promise<void>((resolve) => (this.#tellQuiet = resolve))
    if (this.#fault !== null) throw this.#fault
  }
}
