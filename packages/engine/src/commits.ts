import { isTriggerkitError } from '@triggerkit/contracts'
import type { Change, CommitAnswer, SessionChange, Storage } from '@triggerkit/contracts'

/** How many sessions' changes one round trip takes along at the most: the storage answers nobody else meanwhile. */
const MAX_TOGETHER = 32

interface Waiting extends SessionChange {
  readonly resolve: (answer: CommitAnswer | Promise<CommitAnswer>) => void
  readonly reject: (error: unknown) => void
}

/**
 * The way of all changes to the storage. Those of several sessions that come in the same breath, as under load they do,
 * share one round trip where the storage offers that.
 */
export class Commits {
  readonly #storage: Storage
  #waiting: Waiting[] = []

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** As the storage's `commit`. */
  commit(uid: string, change: Change): Promise<CommitAnswer> {
    if (this.#storage.commitMany === undefined) return this.#storage.commit(uid, change)
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) void Promise.resolve().then(() => this.#send())
      this.#waiting.push({ uid, change, resolve, reject })
    })
  }

  #send(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (let first = 0; first < waiting.length; first += MAX_TOGETHER) void this.#together(waiting.slice(first, first + MAX_TOGETHER))
  }

  async #together(group: readonly Waiting[]): Promise<void> {
    if (group.length === 1) return this.#alone(group)
    try {
      const answers = (await this.#storage.commitMany?.(group)) ?? []
      for (const [place, { resolve }] of group.entries()) resolve(answers[place] as CommitAnswer)
    } catch (error) {
      // One of them may be too large: it must not take the others with it.
      if (isTriggerkitError(error, 'StorageRefused')) return this.#alone(group)
      for (const { reject } of group) reject(error)
    }
  }

  #alone(group: readonly Waiting[]): void {
    for (const { uid, change, resolve, reject } of group) {
      try {
        resolve(this.#storage.commit(uid, change))
      } catch (error) {
        reject(error) // thrown at once: nobody else is there to take it
      }
    }
  }
}
