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
export interface LeftOpen {
  running: Running | null
}

/** Takes what was left open; `null` where that is nothing, or has ended. */
export function take(leftOpen: LeftOpen): Running | null {
  const { running } = leftOpen
  leftOpen.running = null
  try {
    // Nothing but a request tells.
    running?.transaction.objectStore('time').get('now')
    return running
  } catch {
    return null
  }
}
