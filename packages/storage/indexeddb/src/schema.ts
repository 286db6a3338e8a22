import type { IDBPDatabase } from 'idb'

/**
 * A session. Its records lie in its own row as far as there is room, and what was written longest ago in rows beside it: what a
 * transaction costs is the number of its rows, and not what is in them.
 */
export interface SessionRow {
  readonly uid: string
  readonly incarnation: string
  readonly number: number
  readonly wakeAt: number | null
  readonly ttl: number | null
  readonly committedAt: number
  /** When the session may be forgotten; `null`: never. */
  readonly endsAt: number | null
  /** The latest writes to working set and archive, as a list in JSON: the browser copies one text much faster than many. */
  readonly recent: string
  /** The places of which anything lies beside the row. */
  readonly spilled: string
  /** Whether an earlier session of the same incarnation may lie beside the row. */
  readonly revived: boolean
  /** The latest commit ids and receipts, as a list of `[mark, text]` in JSON; older ones moved on. */
  readonly retained: string
}

/** The storage's time as last answered, and how far it is ahead of the wall clock that went back. */
export interface TimeRow {
  readonly last: number
  readonly ahead: number
}

/** Commit ids and receipts that moved on from the row of their session, under numbers that count on. */
export interface RetainedRow {
  readonly movedAt: number
  readonly marks: readonly string[]
  readonly texts: readonly string[]
}

/** What lies where. A `null` in an indexed member keeps its row out of the index. */
export interface Rows {
  readonly sessions: SessionRow
  /** As JSON text, under `[uid, place and key]`. */
  readonly records: string
  readonly retained: RetainedRow
  /** When an owner's lease ends, under the owner. */
  readonly leases: number
  /** One row alone, under `now`. */
  readonly time: TimeRow
}

/** Records are opaque, so this is hardly ever to change: an upgrade has to wait until every older tab has closed. */
export const SCHEMA_VERSION = 1

export const STORES: readonly (keyof Rows)[] = ['records', 'leases', 'time', 'sessions', 'retained']

export function createStores(database: IDBPDatabase): void {
  const sessions = database.createObjectStore('sessions', { keyPath: 'uid' })
  sessions.createIndex('wakeAt', 'wakeAt')
  sessions.createIndex('endsAt', 'endsAt')
  const retained = database.createObjectStore('retained', { autoIncrement: true })
  retained.createIndex('marks', 'marks', { multiEntry: true })
  retained.createIndex('movedAt', 'movedAt')
  for (const name of STORES.slice(0, 3)) database.createObjectStore(name)
}
