import type { Scope } from './scope.js'

/** A transaction that runs, and what is done in it. */
export interface Running {
  readonly transaction: IDBTransaction
  readonly completed: Promise<void>
  readonly scope: Scope
}

/**
 * The transaction in which a commit has just come too late. Nothing was written there, and the browser keeps it open until the running code
 * has come to its end. By then the commit is made anew: it goes on from what was read, where another tab would else be faster again.
 */
export class LeftOpen {
  #running: Running | null = null

  leave(running: Running): void {
    this.#running = running
  }

  /** `null` where there is none, or it has ended. */
  take(): Running | null {
    const running = this.#running
    this.#running = null
    return running !== null && isActive(running.transaction) ? running : null
  }
}

/** Nothing but a request tells. */
function isActive(transaction: IDBTransaction): boolean {
  try {
    transaction.objectStore('time').get('now')
    return true
  } catch {
    return false
  }
}
