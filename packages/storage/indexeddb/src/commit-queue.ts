import { isTriggerkitError, type CommitAnswer, type SessionChange } from '@triggerkit/contracts'

interface Waiting {
  readonly change: SessionChange
  readonly resolve: (answer: CommitAnswer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers what is committed within one turn, or while a transaction runs, into one transaction: the browser would carry them
 * out one by one anyway, and a transaction costs far more than what is done in it.
 */
export class CommitQueue {
  readonly #commit: (changes: readonly SessionChange[]) => Promise<readonly CommitAnswer[]>
  #waiting: Waiting[] = []
  #running = false

  constructor(commit: (changes: readonly SessionChange[]) => Promise<readonly CommitAnswer[]>) {
    this.#commit = commit
  }

  add(change: SessionChange): Promise<CommitAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#together(this.#waiting.splice(0))
    this.#running = false
  }

  async #together(group: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#commit(group.map(({ change }) => change))
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as CommitAnswer)
    } catch (error) {
      // What there is no room for, or what is not JSON, must not spoil the rest.
      if (isTriggerkitError(error, 'StorageRefused') && group.length > 1) for (const waiting of group) await this.#together([waiting])
      else for (const { reject } of group) reject(error)
    }
  }
}
