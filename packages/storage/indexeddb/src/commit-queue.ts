import { isTriggerkitError, type CommitAnswer } from '@triggerkit/contracts'

import type { Commit } from './commit.js'

interface Waiting {
  readonly commit: Commit
  readonly resolve: (answer: CommitAnswer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers what is committed within one turn, or while a transaction runs, into one transaction: the browser would carry them
 * out one by one anyway, and a transaction costs far more than what is done in it.
 */
export class CommitQueue {
  readonly #commit: (commits: readonly Commit[]) => Promise<readonly CommitAnswer[]>
  #waiting: Waiting[] = []
  #running = false

  constructor(commit: (commits: readonly Commit[]) => Promise<readonly CommitAnswer[]>) {
    this.#commit = commit
  }

  add(commit: Commit): Promise<CommitAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, resolve, reject })
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
      const answers = await this.#commit(group.map(({ commit }) => commit))
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as CommitAnswer)
    } catch (error) {
      // What there is no room for must not spoil the rest.
      if (isTriggerkitError(error, 'StorageRefused') && group.length > 1) for (const waiting of group) await this.#together([waiting])
      else for (const { reject } of group) reject(error)
    }
  }
}
