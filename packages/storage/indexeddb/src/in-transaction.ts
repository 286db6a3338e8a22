import type { Frost } from './frost.js'
import { take, type LeftOpen, type Running } from './left-open.js'
import type { Settings } from './options.js'
import { completion } from './requests.js'
import { STORES } from './schema.js'
import { Scope } from './scope.js'

/** What every transaction of a connection is made by. */
export interface Ground {
  readonly database: IDBDatabase
  readonly settings: Settings
  readonly frost: Frost
  /** For commits alone: whoever reads on and on would keep all others waiting. */
  readonly leftOpen: LeftOpen | undefined
}

/** The handle of the database is of no use any more. `begun`: whether anything may have been done with it. */
export class LostHandle extends Error {
  readonly begun: boolean

  constructor(begun: boolean, cause: unknown) {
    super('The handle is lost.', { cause })
    this.begun = begun
  }
}

/**
 * Does `work` in one transaction and answers once that is complete, if it writes anything: neither a request's success nor the
 * end of `work` says that anything is stored. Whatever `work` throws aborts the transaction; without that, what it had written so far would
 * be committed.
 *
 * Where there is no room, work that needs none is done nevertheless, without what would be kept beside it.
 */
export async function inTransaction<TResult>(ground: Ground, work: (scope: Scope) => Promise<TResult>): Promise<{ result: TResult; scope: Scope }> {
  try {
    return await attempt(ground, (ground.leftOpen && take(ground.leftOpen)) ?? (await begin(ground, true)), work)
  } catch (error) {
    if (isOutOfRoom(error)) return await attempt(ground, await begin(ground, false), work)
    throw error
  }
}

async function attempt<TResult>(
  { frost, leftOpen }: Ground,
  running: Running,
  work: (scope: Scope) => Promise<TResult>,
): Promise<{ result: TResult; scope: Scope }> {
  const { transaction, completed, scope } = running
  const ended = frost.watchOver({ abort: () => end(transaction, 'abort') })
  try {
    const result = await work(scope)
    await scope.end()
    if (leftOpen && scope.mayGoOn) leftOpen.running = running
    else end(transaction, 'commit')
    if (scope.changes) await completed
    return { result, scope }
  } catch (error) {
    end(transaction, 'abort')
    const cause = transaction.error ?? error
    throw isLostHandle(cause) ? new LostHandle(true, cause) : cause
  } finally {
    ended()
  }
}

async function begin({ database, settings: { durability, now }, frost }: Ground, hasRoom: boolean): Promise<Running> {
  if (frost.thaw !== null) await frost.thaw
  try {
    const transaction = database.transaction(STORES, 'readwrite', { durability })
    const completed = completion(transaction)
    completed.catch(() => undefined)
    return { transaction, completed, scope: new Scope(transaction, now(), hasRoom) }
  } catch (cause) {
    throw new LostHandle(false, cause)
  }
}

/** Commits it, where nothing follows, so that the browser need not wait to see whether something does; or aborts it. */
function end(transaction: IDBTransaction, how: 'commit' | 'abort'): void {
  try {
    transaction[how]()
  } catch {
    // It has ended already, which its end tells.
  }
}

export function isOutOfRoom(error: unknown): boolean {
  return nameOf(error) === 'QuotaExceededError'
}

/** What browsers say of a row, Firefox also of an answer, that is larger than they take: by the name of a lost handle. */
export function isTooLarge(error: unknown): boolean {
  return nameOf(error) === 'UnknownError' && /too large/i.test(String(error))
}

/** What browsers say when they have lost their database's server, or shut the database down. */
function isLostHandle(error: unknown): boolean {
  if (isTooLarge(error)) return false
  return ['InvalidStateError', 'UnknownError', 'AbortError'].includes(nameOf(error)) || /connection.*(?:clos|lost)/i.test(String(error))
}

function nameOf(error: unknown): string {
  return String((error as { readonly name?: unknown } | null | undefined)?.name)
}
