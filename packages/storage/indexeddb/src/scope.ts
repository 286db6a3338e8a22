import { CLAIM_MS, type DueSession, type StoredSession } from '@triggerkit/contracts'

import { periodOf, recordsOf, retainedKey } from './keys.js'
import { toRecords, type StorableChange, type Write } from './records.js'
import type { SessionRow, Transaction } from './schema.js'
import { unawaited } from './unawaited.js'
import type { News } from './watchers.js'

type Text = readonly [key: string, text: string]

/** How many ended sessions are forgotten at once, so that nobody waits long for a housekeeping of others. */
const FORGOTTEN_AT_ONCE = 200

/**
 * What one transaction does to the database, at one moment of the storage's time.
 *
 * Whatever is awaited in here is a request of the same transaction: any other promise would let it commit halfway.
 */
export class Scope {
  /** What is to be told once the transaction is complete. */
  readonly news: News[] = []
  readonly #transaction: Transaction
  readonly #likelyPeriod: number
  readonly #time: Promise<number>
  #now = Number.NaN

  /**
   * @param likelyPeriod - the period in which the time probably lies, so that a look-up need not wait for it
   * @param time - the transaction's time, from a request of its own
   */
  constructor(transaction: Transaction, likelyPeriod: number, time: Promise<number>) {
    this.#transaction = transaction
    this.#likelyPeriod = likelyPeriod
    this.#time = time.then((now) => (this.#now = now))
    unawaited(this.#time)
  }

  /** The transaction's time, known once any of the methods that look something up has answered. */
  get now(): number {
    return this.#now
  }

  async find(uid: string): Promise<SessionRow | undefined> {
    const [row] = await Promise.all([this.#transaction.objectStore('sessions').get(uid), this.#time])
    if (row === undefined || !this.hasEnded(row)) return row
    this.forget(row)
    return undefined
  }

  hasEnded({ endsAt }: SessionRow): boolean {
    return endsAt !== null && endsAt <= this.now
  }

  async toAnswer(row: SessionRow): Promise<StoredSession> {
    const store = this.#transaction.objectStore('working')
    const range = recordsOf(row.uid)
    const [keys, texts] = await Promise.all([store.getAllKeys(range), store.getAll(range)])
    return { version: versionOf(row), working: toRecords(pairs(keys, texts)), wakeAt: row.wakeAt }
  }

  async knowsCommit(uid: string, commitId: string): Promise<boolean> {
    return (await this.#retained('commit', uid, commitId)) !== undefined
  }

  async receipts(uid: string, keys: readonly string[]): Promise<Text[]> {
    return existing(keys, (key) => this.#retained('receipt', uid, key))
  }

  async read(uid: string, keys: readonly string[]): Promise<Text[]> {
    return existing(keys, (key) => this.#transaction.objectStore('archive').get([uid, key]))
  }

  /** One archived record more than `limit`, so that one sees whether others follow. */
  async list(range: IDBKeyRange, limit: number): Promise<Text[]> {
    const store = this.#transaction.objectStore('archive')
    const [keys, texts] = await Promise.all([store.getAllKeys(range, count(limit) + 1), store.getAll(range, count(limit) + 1)])
    return [...pairs(keys, texts)]
  }

  /** Writes all of a change to a session, stored or new. */
  write(uid: string, { change, working, archive, receipts }: StorableChange, defaultTtl: number | null): void {
    const { expect, wakeAt, ttl = defaultTtl } = change
    this.put({ uid, incarnation: expect.incarnation, number: expect.number + 1, wakeAt, ttl, committedAt: this.now, endsAt: null })
    this.#writeTo('working', uid, working)
    this.#writeTo('archive', uid, archive)
    this.#retain('commit', uid, change.commitId, '')
    for (const [key, text] of receipts) this.#retain('receipt', uid, key, text as string)
    this.news.push({ uid, version: { incarnation: expect.incarnation, number: expect.number + 1 } })
  }

  /** Stores a session's row, with its end. */
  put(row: SessionRow): void {
    unawaited(this.#transaction.objectStore('sessions').put({ ...row, endsAt: endOf(row) }))
  }

  forget({ uid }: SessionRow): void {
    unawaited(this.#transaction.objectStore('sessions').delete(uid))
    unawaited(this.#transaction.objectStore('working').delete(recordsOf(uid)))
    unawaited(this.#transaction.objectStore('archive').delete(recordsOf(uid)))
    this.news.push({ uid, version: null })
  }

  /** Forgets sessions whose time is over. */
  async expire(): Promise<void> {
    const now = await this.#time
    const index = this.#transaction.objectStore('sessions').index('endsAt')
    for (const row of await index.getAll(IDBKeyRange.upperBound(now), FORGOTTEN_AT_ONCE)) this.forget(row)
  }

  /** Those whose wake-up has come, the longest waiting first, each put off in the same step. */
  async claim(limit: number): Promise<DueSession[]> {
    if (limit < 1) return []
    const now = await this.#time
    const index = this.#transaction.objectStore('sessions').index('wakeAt')
    const rows = await index.getAll(IDBKeyRange.upperBound(now), count(limit))
    const due = rows.filter((row) => !this.hasEnded(row))
    for (const row of due) this.put({ ...row, wakeAt: now + CLAIM_MS })
    return due.map((row) => ({ uid: row.uid, version: versionOf(row) }))
  }

  /** One session more than `limit`, in the order of their uids, ended ones included. */
  async page(after: string | undefined, limit: number): Promise<SessionRow[]> {
    const range = after === undefined ? undefined : IDBKeyRange.lowerBound(after, true)
    const [rows] = await Promise.all([this.#transaction.objectStore('sessions').getAll(range, count(limit) + 1), this.#time])
    return rows
  }

  /** Begins (`first`), renews or, with a `ttl` of zero, ends a lease; `false` if the one to be renewed had run out. */
  async renew(owner: string, ttl: number, first: boolean): Promise<boolean> {
    const store = this.#transaction.objectStore('leases')
    const [end = 0, now] = await Promise.all([store.get(owner), this.#time])
    const renewable = first || end > now
    unawaited(renewable && ttl > 0 ? store.put(now + ttl, owner) : store.delete(owner))
    return renewable
  }

  /** Who lives, and until when. */
  async owners(): Promise<Map<string, number>> {
    const store = this.#transaction.objectStore('leases')
    const [owners, ends, now] = await Promise.all([store.getAllKeys(), store.getAll(), this.#time])
    const leases = owners.map((owner, index) => [owner, ends[index] as number] as const)
    for (const [owner, end] of leases) if (end <= now) unawaited(store.delete(owner))
    return new Map(leases.filter(([, end]) => end > now))
  }

  async #retained(kind: 'commit' | 'receipt', uid: string, key: string): Promise<string | undefined> {
    const likely = this.#retainedIn(this.#likelyPeriod, kind, uid, key)
    const [text, now] = await Promise.all([likely, this.#time])
    const period = periodOf(now)
    return period === this.#likelyPeriod ? text : this.#retainedIn(period, kind, uid, key)
  }

  async #retainedIn(period: number, kind: 'commit' | 'receipt', uid: string, key: string): Promise<string | undefined> {
    const store = this.#transaction.objectStore('retained')
    const [younger, older] = await Promise.all([period, period - 1].map((when) => store.get(retainedKey(when, kind, uid, key))))
    return younger ?? older
  }

  #retain(kind: 'commit' | 'receipt', uid: string, key: string, text: string): void {
    unawaited(this.#transaction.objectStore('retained').put(text, retainedKey(periodOf(this.now), kind, uid, key)))
  }

  #writeTo(name: 'working' | 'archive', uid: string, writes: readonly Write[]): void {
    const store = this.#transaction.objectStore(name)
    for (const [key, text] of writes) unawaited(text === null ? store.delete([uid, key]) : store.put(text, [uid, key]))
  }
}

export function versionOf({ incarnation, number }: SessionRow): StoredSession['version'] {
  return { incarnation, number }
}

/**
 * When the session may be forgotten: its time to live after the last commit, or as long after its wake-up if that is later,
 * and {@link CLAIM_MS} after the wake-up at least. Who wakes up at that very time must still find the session.
 */
function endOf({ ttl, committedAt, wakeAt }: SessionRow): number | null {
  if (ttl === null) return null
  return wakeAt === null ? committedAt + ttl : Math.max(committedAt + ttl, wakeAt + Math.max(ttl, CLAIM_MS))
}

/** IndexedDB takes no count beyond 32 bits, and zero for no limit at all. */
function count(limit: number): number {
  return Math.min(limit, 2 ** 31)
}

function* pairs(keys: readonly (readonly [uid: string, key: string])[], texts: readonly string[]): Generator<Text> {
  for (const [index, [, key]] of keys.entries()) yield [key, texts[index] as string]
}

async function existing(keys: readonly string[], get: (key: string) => Promise<string | undefined>): Promise<Text[]> {
  const texts = await Promise.all(keys.map(get))
  return keys.map((key, index) => [key, texts[index]] as const).filter((entry): entry is Text => entry[1] !== undefined)
}
