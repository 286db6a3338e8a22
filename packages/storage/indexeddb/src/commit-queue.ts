import { isTriggerkitError, type CommitAnswer } from '@triggerkit/contracts'

import type { Presented } from './commit.js'

interface Waiting {
  readonly presented: Presented
  readonly resolve: (answer: CommitAnswer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers what is committed within one turn, or while a transaction runs, into one transaction: the browser would carry them
 * out one by one anyway, and a transaction costs far more than what is done in it.
 */
export class CommitQueue {
  readonly #commit: (changes: readonly Presented[]) => Promise<readonly CommitAnswer[]>
  #waiting: Waiting[] = []
  #running = false

  constructor(commit: (changes: readonly Presented[]) => Promise<readonly CommitAnswer[]>) {
    this.#commit = commit
  }

  add(presented: Presented): Promise<CommitAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ presented, resolve, reject })
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
      const answers = await this.#commit(group.map(({ presented }) => presented))
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as CommitAnswer)
    } catch (error) {
      // What there is no room for must not spoil what there is room for.
      if (isTriggerkitError(error, 'StorageRefused') && group.length > 1) for (const waiting of group) await this.#together([waiting])
      else for (const { reject } of group) reject(error)
    }
  }
}
