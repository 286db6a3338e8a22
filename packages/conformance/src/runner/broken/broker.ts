import type { Job } from '@triggerkit/contracts'

/** A queue: what waits, what runs and what has ended, by job id. Outside a process for a durable runner, inside for others. */
export class Broker {
  readonly waiting: Map<string, Job> = new Map()
  readonly running: Set<string> = new Set()
  readonly ended: Set<string> = new Set()
  readonly #listeners = new Set<() => void>()

  get empty(): boolean {
    return this.waiting.size === 0 && this.running.size === 0
  }

  /** Calls back after each change; @returns what stops it */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Tells of a change, after the running code. */
  notify(): void {
    queueMicrotask(() => {
      for (const listener of [...this.#listeners]) listener()
    })
  }

  /** Resolves once something holds; looked at after each change. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const stop = this.listen(() => {
          stop()
          resolve()
        })
      })
    }
  }
}
