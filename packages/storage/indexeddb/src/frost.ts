/** What is given up when the page is frozen. */
interface Abortable {
  abort(): void
}

/**
 * Keeps the database free for others while the browser has frozen this page. A frozen page is still brought messages and locks, and
 * what it begins then never comes to its end, because its database events wait for the thaw: all other tabs would wait with it. So
 * nothing is begun before the thaw, and what runs is given up. Workers aren't told that their page is frozen; nothing happens there.
 */
export class Frost {
  readonly #page: EventTarget = globalThis.document ?? new EventTarget()
  readonly #running = new Set<Abortable>()
  readonly #onFreeze = (): void => this.#freeze()
  readonly #onResume = (): void => this.#resume?.()
  #thaw: Promise<void> | null = null
  #resume: (() => void) | null = null

  /** Resolves when the page is not frozen; `null` where it isn't now. */
  get thaw(): Promise<void> | null {
    return this.#thaw
  }

  /** @returns what says that the transaction has ended */
  watchOver(transaction: Abortable): () => void {
    this.#running.add(transaction)
    return () => void this.#running.delete(transaction)
  }

  /** Follows the page until {@link end}. */
  begin(): void {
    this.#page.addEventListener('freeze', this.#onFreeze)
    this.#page.addEventListener('resume', this.#onResume)
  }

  end(): void {
    this.#page.removeEventListener('freeze', this.#onFreeze)
    this.#page.removeEventListener('resume', this.#onResume)
    this.#resume?.()
  }

  #freeze(): void {
    this.#thaw ??= new Promise((resolve) => {
      this.#resume = () => {
        this.#thaw = null
        this.#resume = null
        resolve()
      }
    })
    for (const transaction of this.#running) transaction.abort()
  }
}
