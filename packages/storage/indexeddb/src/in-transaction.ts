import type { Settings } from './options.js'
import { endOf } from './requests.js'
import { STORES } from './schema.js'
import { Scope } from './scope.js'

/** The handle of the database is of no use any more. `begun`: whether anything may have been done with it. */
export class LostHandle extends Error {
  readonly begun: boolean

  constructor(begun: boolean, cause: unknown) {
    super('The handle of the database is lost.', { cause })
    this.begun = begun
  }
}

/**
 * Does `work` in one transaction and answers once that is complete: neither a request's success nor the end of `work` says
 * that anything is stored. Whatever `work` throws aborts the transaction; without that, what it had written so far would
 * be committed.
 *
 * Where there is no room, work that needs none is done nevertheless.
 */
export async function inTransaction<TResult>(database: IDBDatabase, settings: Settings, work: (scope: Scope) => Promise<TResult>): Promise<{ result: TResult; scope: Scope }> {
  try {
    return await attempt(database, settings, work, true)
  } catch (error) {
    if (isOutOfRoom(error)) return await attempt(database, settings, work, false)
    throw error
  }
}

async function attempt<TResult>(
  database: IDBDatabase,
  { durability, now }: Settings,
  work: (scope: Scope) => Promise<TResult>,
  keepTime: boolean,
): Promise<{ result: TResult; scope: Scope }> {
  const transaction = begin(database, durability)
  const ended = endOf(transaction)
  ended.catch(() => undefined)
  try {
    const scope = new Scope(transaction, now())
    const result = await work(scope)
    if (keepTime) await scope.end()
    commit(transaction)
    await ended
    return { result, scope }
  } catch (error) {
    abort(transaction)
    const cause = transaction.error ?? error
    throw isLostHandle(cause) ? new LostHandle(true, cause) : cause
  }
}

function begin(database: IDBDatabase, durability: Settings['durability']): IDBTransaction {
  try {
    return database.transaction(STORES, 'readwrite', { durability })
  } catch (cause) {
    throw new LostHandle(false, cause)
  }
}

/** Nothing follows, so the browser need not wait to see whether something does. */
function commit(transaction: IDBTransaction): void {
  try {
    transaction.commit()
  } catch {
    // It has ended already, which its end tells.
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}

export function isOutOfRoom(error: unknown): boolean {
  return nameOf(error) === 'QuotaExceededError'
}

/** What browsers say when they have lost their database's server, or shut the database down. */
export function isLostHandle(error: unknown): boolean {
  return ['InvalidStateError', 'UnknownError', 'AbortError'].includes(nameOf(error)) || /connection.*(?:clos|lost)/i.test(String(error))
}

function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : ''
}
