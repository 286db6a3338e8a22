import { CLAIM_MS, type Change, type DueSession, type RecordPage, type StoredSession } from '@triggerkit/contracts'
import { toRecords, type StorableChange } from '@triggerkit/session-records'

import { pageOf, recordsOf } from './keys.js'
import type { News } from './news-channel.js'
import { heldText, inPlace, isBeside, merge, recentOf, type Place } from './recent.js'
import { Retained } from './retained.js'
import { answerTo } from './requests.js'
import type { Rows, SessionRow, TimeRow } from './schema.js'
import { follow, isFresh } from './storage-time.js'

type Text = readonly [key: string, text: string]

/** How many ended sessions are forgotten at once, so that nobody waits long for a housekeeping of others. */
const FORGOTTEN_AT_ONCE = 200

/** The row of the time before there is one. */
const BEGINNING: TimeRow = { last: 0, ahead: 0 }

/**
 * What one transaction does to the database, at one moment of the storage's time.
 *
 * Whatever is awaited in here is a request of the same transaction: any other promise would let it commit halfway.
 */
export class Scope {
  /** What is to be told once the transaction is complete. */
  readonly news: News[] = []
  readonly #transaction: IDBTransaction
  readonly #hasRoom: boolean
  readonly #begun: Promise<void>
  #before = BEGINNING
  #after = BEGINNING
  #retained!: Retained
  #changed = false
  /** The session whose commit came too late here, as it is. */
  #lost: SessionRow | null = null
  /** Whether something is done because it is the transaction's time, so that answers have to tell that very time. */
  #timed = false

  /**
   * @param clock - the wall clock, in milliseconds
   * @param hasRoom - whether anything may be written beside what is asked for; where the disk is full, deleting must do without
   */
  constructor(transaction: IDBTransaction, clock: number, hasRoom: boolean) {
    this.#transaction = transaction
    this.#hasRoom = hasRoom
    this.#begun = this.#begin(clock)
    // Told by whatever waits for it, and by the end of the transaction.
    this.#begun.catch(() => undefined)
  }

  async #begin(clock: number): Promise<void> {
    this.#before = (await this.#get('time', 'now')) ?? BEGINNING
    this.#after = follow(this.#before, clock)
    this.#retained = new Retained(this.#store('retained'), this.now)
  }

  /** The transaction's time, known once any of the methods that look something up has answered. */
  get now(): number {
    return this.#after.last
  }

  /** Whether anything is written: if not, answers need not wait for the transaction's end. */
  get changes(): boolean {
    return this.#changed || this.#moves
  }

  /** Whether a commit that came too late here, made anew, can go on from what was read for it. */
  get mayGoOn(): boolean {
    return this.#lost !== null && this.#hasRoom && !this.changes
  }

  /** The time that answers tell: never one that is not written down. */
  get told(): number {
    return this.#moves ? this.now : this.#before.last
  }

  /** Writes down the time, where it moves. */
  async end(): Promise<void> {
    await this.#begun
    if (!this.#moves || !this.#hasRoom) return
    this.#store('time').put(this.#after, 'now')
    await this.#retained.forgetOld(this.#before.last)
  }

  /** Whether the time that is written down will not do. */
  get #moves(): boolean {
    return this.#timed || !isFresh(this.#before, this.#after)
  }

  async find(uid: string): Promise<SessionRow | undefined> {
    if (this.mayGoOn && this.#lost?.uid === uid) return this.#lost
    const [row] = await Promise.all([this.#get('sessions', uid), this.#begun])
    if (row === undefined || !this.hasEnded(row)) return row
    this.forget(row)
    return undefined
  }

  hasEnded({ endsAt }: SessionRow): boolean {
    return endsAt !== null && endsAt <= this.now
  }

  /** What whoever comes too late is told: the session as somebody faster has left it. */
  async toConflict(row: SessionRow | undefined): Promise<StoredSession | null> {
    if (row === undefined) return null
    this.#lost = row
    return this.toAnswer(row)
  }

  async toAnswer(row: SessionRow): Promise<StoredSession> {
    const texts = await this.#texts(row, 'w', pageOf(row.uid, 'w') as IDBKeyRange)
    return { version: versionOf(row), working: toRecords(texts), wakeAt: row.wakeAt }
  }

  /** Whether that very change was applied to the session before. */
  knowsCommit(uid: string, row: SessionRow | undefined, change: Change): Promise<boolean> {
    return this.#retained.knows(uid, row, change)
  }

  receipts(uid: string, row: SessionRow | undefined, keys: readonly string[]): Promise<Text[]> {
    return existing(keys, (key) => this.#retained.receipt(uid, row, key))
  }

  async read(row: SessionRow | undefined, keys: readonly string[]): Promise<Text[]> {
    if (row === undefined || keys.length === 0) return []
    const recent = recentOf(row)
    return existing(keys, async (key) => {
      const held = heldText(recent, 'a', key)
      return held === undefined && isBeside(row, 'a') ? this.#get('records', [row.uid, `a${key}`]) : (held ?? undefined)
    })
  }

  /** One archived record more than `limit`, so that one sees whether others follow. */
  async list(row: SessionRow, { prefix, after, limit }: RecordPage): Promise<Text[]> {
    const range = pageOf(row.uid, `a${prefix}`, after === undefined ? after : `a${after}`)
    if (range === null) return []
    const texts = await this.#texts(row, 'a', range, limit + 1)
    return [...texts].sort(([left], [right]) => (left < right ? -1 : 1)).slice(0, limit + 1)
  }

  /** Writes all of a change to a session, stored or new, and answers with what the session is then. */
  async write(uid: string, before: SessionRow | undefined, storable: StorableChange, defaultTtl: number | null): Promise<SessionRow> {
    const { expect: { incarnation, number }, wakeAt, ttl = defaultTtl } = storable.change
    const { recent, spill, spilled } = merge(before, storable)
    const version = { incarnation, number: number + 1 }
    const revived = before === undefined ? await this.#retained.hasLived(uid, incarnation) : before.revived
    const retained = this.#retained.keep(before, storable)
    const row = { uid, ...version, wakeAt, ttl, committedAt: this.now, endsAt: null, recent: JSON.stringify([...recent]), spilled, revived, retained }
    this.put(row)
    for (const [key, text] of spill) {
      if (text === null) this.#changing('records').delete([uid, key])
      else this.#changing('records').put(text, [uid, key])
    }
    // Beside which nothing of the working set lies, the row remembers no removals of it.
    const working = isBeside(row, 'w') ? undefined : ([...inPlace(recent, 'w')] as [string, string][])
    this.news.push({ uid, version, stored: working && { version, working, wakeAt } })
    return row
  }

  /** Stores a session's row, with its end. */
  put(row: SessionRow): void {
    this.#changing('sessions').put({ ...row, endsAt: endOf(row) })
  }

  forget(row: SessionRow): void {
    const { uid, spilled } = row
    this.#timed = true
    this.#changing('sessions').delete(uid)
    if (this.#hasRoom) this.#retained.moveOn(row)
    if (spilled !== '') this.#changing('records').delete(recordsOf(uid))
    this.news.push({ uid, version: null })
  }

  /** Forgets sessions whose time is over. */
  async expire(): Promise<void> {
    await this.#begun
    const index = this.#store('sessions').index('endsAt')
    const rows = await answerTo<SessionRow[]>(index.getAll(IDBKeyRange.upperBound(this.now), FORGOTTEN_AT_ONCE))
    for (const row of rows) this.forget(row)
  }

  /** Those whose wake-up has come, the longest waiting first, each put off in the same step. Ended ones that stand before them are forgotten. */
  async claim(limit: number): Promise<DueSession[]> {
    await this.#begun
    const index = this.#store('sessions').index('wakeAt')
    const due: DueSession[] = []
    // Who is forgotten or put off has left the range, so each look shows the next ones.
    while (due.length < limit) {
      const rows = await answerTo<SessionRow[]>(index.getAll(IDBKeyRange.upperBound(this.now), count(limit - due.length)))
      if (rows.length === 0) break
      this.#timed = true
      for (const row of rows) {
        if (this.hasEnded(row)) this.forget(row)
        else due.push(this.#putOff(row))
      }
    }
    return due
  }

  #putOff(row: SessionRow): DueSession {
    this.put({ ...row, wakeAt: this.now + CLAIM_MS })
    return { uid: row.uid, version: versionOf(row) }
  }

  /** One session more than `limit`, in the order of their uids, ended ones included. */
  async page(after: string | undefined, limit: number): Promise<SessionRow[]> {
    const range = after === undefined ? undefined : IDBKeyRange.lowerBound(after, true)
    const [rows] = await Promise.all([answerTo<SessionRow[]>(this.#store('sessions').getAll(range, count(limit) + 1)), this.#begun])
    return rows
  }

  /** Begins (`first`), renews or, with a `ttl` of zero, ends a lease; `false` if the one to be renewed had run out. */
  async renew(owner: string, ttl: number, first: boolean): Promise<boolean> {
    const store = this.#changing('leases')
    this.#timed = true
    const [end = 0] = await Promise.all([this.#get('leases', owner), this.#begun])
    const renewable = first || end > this.now
    if (renewable && ttl > 0) store.put(this.now + ttl, owner)
    else store.delete(owner)
    return renewable
  }

  /** Who lives, and until when. */
  async owners(): Promise<Map<string, number>> {
    const store = this.#store('leases')
    const [owners, ends] = await Promise.all([answerTo(store.getAllKeys()), answerTo<number[]>(store.getAll()), this.#begun])
    const leases = owners.map((owner, index) => [owner as string, ends[index] as number] as const)
    const ended = leases.filter(([, end]) => end <= this.now)
    this.#timed ||= ended.length > 0
    for (const [owner] of ended) this.#changing('leases').delete(owner)
    return new Map(leases.filter(([, end]) => end > this.now))
  }

  #store(name: keyof Rows): IDBObjectStore {
    return this.#transaction.objectStore(name)
  }

  #changing(name: keyof Rows): IDBObjectStore {
    this.#changed = true
    return this.#store(name)
  }

  #get<TName extends keyof Rows>(name: TName, key: IDBValidKey): Promise<Rows[TName] | undefined> {
    return answerTo(this.#store(name).get(key))
  }

  /** The records of a place: those beside the row, as many as asked for and some, and over them those that it holds. */
  async #texts(row: SessionRow, place: Place, range: IDBKeyRange, limit?: number): Promise<Map<string, string>> {
    const recent = recentOf(row)
    const texts = new Map(isBeside(row, place) ? await this.#beside(range, limit === undefined ? limit : count(limit + recent.size)) : [])
    for (const [key, text] of inPlace(recent, place)) {
      if (text === null) texts.delete(key)
      else if (range.includes([row.uid, place + key])) texts.set(key, text)
    }
    return texts
  }

  async #beside(range: IDBKeyRange, limit?: number): Promise<Text[]> {
    const store = this.#store('records')
    const [keys, texts] = await Promise.all([answerTo(store.getAllKeys(range, limit)), answerTo<string[]>(store.getAll(range, limit))])
    return (keys as [uid: string, key: string][]).map(([, key], index) => [key.slice(1), texts[index] as string])
  }
}

export function versionOf({ incarnation, number }: StoredSession['version']): StoredSession['version'] {
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

async function existing(keys: readonly string[], get: (key: string) => Promise<string | undefined>): Promise<Text[]> {
  const texts = await Promise.all(keys.map(get))
  return keys.map((key, index) => [key, texts[index]] as const).filter((entry): entry is Text => entry[1] !== undefined)
}
