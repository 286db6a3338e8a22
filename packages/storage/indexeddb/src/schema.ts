import type { DBSchema, IDBPDatabase, IDBPTransaction } from 'idb'

/** What is kept of a session beside its records. */
export interface SessionRow {
  readonly uid: string
  readonly incarnation: string
  readonly number: number
  readonly wakeAt: number | null
  readonly ttl: number | null
  readonly committedAt: number
  /** When the session may be forgotten; `null`: never. */
  readonly endsAt: number | null
}

/** The storage's time as last answered, and how far it is ahead of the wall clock that went back. */
export interface TimeRow {
  readonly last: number
  readonly ahead: number
}

/** Records lie as JSON text under `[uid, key]`. A `null` in an indexed member keeps its row out of the index. */
export interface Schema extends DBSchema {
  sessions: { key: string; value: SessionRow; indexes: { wakeAt: number; endsAt: number } }
  working: { key: [uid: string, key: string]; value: string }
  archive: { key: [uid: string, key: string]; value: string }
  /** Commit ids and receipts, under the period in which they were kept: see `retainedKey`. */
  retained: { key: [period: number, kind: string, uid: string, key: string]; value: string }
  leases: { key: string; value: number }
  time: { key: string; value: TimeRow }
}

type StoreName = 'sessions' | 'working' | 'archive' | 'retained' | 'leases' | 'time'

export type Database = IDBPDatabase<Schema>
export type Transaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>

/** Records are opaque, so this is hardly ever to change: an upgrade has to wait until every older tab has closed. */
export const SCHEMA_VERSION = 1

export const STORES: StoreName[] = ['sessions', 'working', 'archive', 'retained', 'leases', 'time']

export function createStores(database: Database): void {
  const sessions = database.createObjectStore('sessions', { keyPath: 'uid' })
  sessions.createIndex('wakeAt', 'wakeAt')
  sessions.createIndex('endsAt', 'endsAt')
  for (const name of STORES.slice(1)) database.createObjectStore(name)
}
