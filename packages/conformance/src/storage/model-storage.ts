import { CLAIM_MS, TriggerkitError } from '@triggerkit/contracts'
import type {
  Change, CommitAnswer, DueSession, JsonValue, LoadAnswer, Patch, ReadAnswer, RecordPage, Records, SessionChange, Storage, StorageCapabilities, StoredSession,
  Timed, UidPage, Version,
} from '@triggerkit/contracts'

/** Records as JSON text, by key. */
type Texts = Map<string, string>

export interface ModelSession {
  version: Version
  working: Texts
  archive: Texts
  wakeAt: number | null
  ttl: number | null
  committedAt: number
}

/** What storages over the same data share. */
export class ModelData {
  readonly sessions: Map<string, ModelSession> = new Map()
  /** Commit ids and receipts, each by uid and name; the model forgets none. */
  readonly commitIds: Set<string> = new Set()
  readonly receipts: Texts = new Map()
  readonly leases: Map<string, number> = new Map()
  readonly watchers: Set<ModelWatcher> = new Set()
}

export interface ModelWatcher {
  readonly storage: ModelStorage
  readonly uid: string
  readonly listener: Parameters<NonNullable<Storage['watch']>>[1]
}

/**
 * The storage port as naively as it can be said: whatever is random, odd or fast is left to others. Random sequences of
 * calls are compared with it, and the deliberately broken storages are this one with one thing done wrong.
 */
export class ModelStorage implements Storage {
  readonly key: string = 'model'
  readonly capabilities: StorageCapabilities = { durable: true, shared: 'process', commitMany: true, watch: true }
  protected readonly data: ModelData
  protected closed = false
  readonly #clock: () => number

  constructor(data: ModelData, clock: () => number) {
    this.data = data
    this.#clock = clock
  }

  async load(uid: string): Promise<LoadAnswer> {
    const now = this.now()
    return { now, session: this.seen(this.find(uid, now)) }
  }

  async commit(uid: string, change: Change): Promise<CommitAnswer> {
    const now = this.now()
    const written = this.written(uid, change, now)
    const session = this.find(uid, now)
    if (this.knows(uid, change.commitId)) return { outcome: 'alreadyApplied', now, records: this.archived(session, change.read) }
    if (!this.isExpected(session, change.expect)) return { outcome: 'conflict', now, session: this.seen(session) }
    const present = this.present(uid, session, change.expectAbsent)
    if (present.size > 0) return { outcome: 'present', now, records: present }
    this.write(uid, change, written)
    return { outcome: 'committed', now, records: this.archived(written, change.read) }
  }

  async commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
    const now = this.now()
    for (const { uid, change } of changes) this.written(uid, change, now)
    const answers: CommitAnswer[] = []
    for (const { uid, change } of changes) answers.push(await this.commit(uid, change))
    return answers
  }

  async read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
    const now = this.now()
    const session = this.find(uid, now)
    return { now, version: session?.version ?? null, records: this.archived(session, keys) }
  }

  async list(uid: string, { prefix, after = '', limit }: RecordPage): Promise<ReadAnswer & { readonly more: boolean }> {
    const now = this.now()
    const session = this.find(uid, now)
    const keys = [...(session?.archive.keys() ?? [])].sort().filter((key) => key.startsWith(prefix) && key > after)
    return { now, version: session?.version ?? null, records: this.archived(session, keys.slice(0, limit)), more: keys.length > limit }
  }

  async due(limit: number): Promise<Timed & { readonly sessions: readonly DueSession[] }> {
    const now = this.now()
    const waking = this.living(now).filter(([, { wakeAt }]) => wakeAt !== null && wakeAt <= now)
    waking.sort(([, left], [, right]) => (left.wakeAt as number) - (right.wakeAt as number))
    const claimed = waking.slice(0, limit)
    for (const [, session] of claimed) session.wakeAt = now + CLAIM_MS
    return { now, sessions: claimed.map(([uid, { version }]) => ({ uid, version })) }
  }

  async postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
    const now = this.now()
    const session = this.find(uid, now)
    if (session !== undefined && this.isExpected(session, version)) session.wakeAt = wakeAt
    return { now }
  }

  async heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }> {
    const now = this.now()
    const lapsed = !first && (this.data.leases.get(owner) ?? 0) <= now
    if (!lapsed) this.data.leases.set(owner, now + ttl)
    return { now, lapsed }
  }

  async owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }> {
    const now = this.now()
    return { now, owners: new Map([...this.data.leases].filter(([, end]) => end > now)) }
  }

  async sessions({ after = '', limit }: UidPage): Promise<Timed & { readonly uids: readonly string[]; readonly next: string | null }> {
    const now = this.now()
    const uids = this.living(now).map(([uid]) => uid).filter((uid) => uid > after).sort()
    const page = uids.slice(0, limit)
    return { now, uids: page, next: uids.length > limit ? (page.at(-1) ?? null) : null }
  }

  async delete(uid: string): Promise<Timed> {
    const now = this.now()
    if (this.data.sessions.delete(uid)) this.tell(uid, null)
    return { now }
  }

  watch(uid: string, listener: ModelWatcher['listener']): () => void {
    this.now()
    const watcher = { storage: this, uid, listener }
    this.data.watchers.add(watcher)
    return () => this.data.watchers.delete(watcher)
  }

  async close(): Promise<void> {
    this.closed = true
    for (const watcher of this.data.watchers) if (watcher.storage === this) this.data.watchers.delete(watcher)
  }

  protected now(): number {
    if (this.closed) throw new TriggerkitError('Closed', 'This model of a storage is closed; open another one.')
    return this.#clock()
  }

  protected find(uid: string, now: number): ModelSession | undefined {
    const session = this.data.sessions.get(uid)
    if (session !== undefined && this.endOf(session) <= now) this.data.sessions.delete(uid)
    return this.data.sessions.get(uid)
  }

  protected living(now: number): readonly (readonly [uid: string, session: ModelSession])[] {
    return [...this.data.sessions].filter(([uid]) => this.find(uid, now) !== undefined)
  }

  protected endOf({ ttl, committedAt, wakeAt }: ModelSession): number {
    if (ttl === null) return Number.POSITIVE_INFINITY
    return Math.max(committedAt + ttl, wakeAt === null ? 0 : wakeAt + Math.max(ttl, CLAIM_MS))
  }

  protected knows(uid: string, commitId: string): boolean {
    return this.data.commitIds.has(nameOf(uid, commitId))
  }

  protected isExpected(session: ModelSession | undefined, { incarnation, number }: Version): boolean {
    if (session === undefined) return number === 0
    return session.version.incarnation === incarnation && session.version.number === number
  }

  protected present(uid: string, session: ModelSession | undefined, keys: readonly string[]): Records {
    const texts = keys.map((key) => [key, session?.archive.get(key) ?? this.data.receipts.get(nameOf(uid, key))] as const)
    return new Map(texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, parsed(text)]])))
  }

  /** The session as it is after the change; nothing of it is stored yet. */
  protected written(uid: string, change: Change, now: number): ModelSession {
    const { expect, working, archive, receipts, wakeAt, ttl } = change
    for (const [key, value] of receipts) textOf(key, value)
    const session = this.find(uid, now)
    return {
      version: { incarnation: expect.incarnation, number: expect.number + 1 },
      working: this.patched(session?.working ?? new Map(), working),
      archive: this.patched(session?.archive ?? new Map(), archive),
      wakeAt,
      ttl: ttl ?? null,
      committedAt: now,
    }
  }

  protected patched(texts: ReadonlyMap<string, string>, { put, remove }: Patch): Texts {
    const patched = new Map(texts)
    for (const key of remove) patched.delete(key)
    for (const [key, value] of put) patched.set(key, textOf(key, value))
    return patched
  }

  protected write(uid: string, { commitId, receipts }: Change, written: ModelSession): void {
    this.data.sessions.set(uid, written)
    this.data.commitIds.add(nameOf(uid, commitId))
    for (const [key, value] of receipts) this.data.receipts.set(nameOf(uid, key), textOf(key, value))
    this.tell(uid, written.version)
  }

  /** The records under those keys, made anew from their texts. */
  protected archived(session: ModelSession | undefined, keys: readonly string[]): Records {
    const found = keys.filter((key) => session?.archive.has(key))
    return new Map(found.map((key) => [key, parsed(session?.archive.get(key) as string)]))
  }

  protected seen(session: ModelSession | undefined): StoredSession | null {
    if (session === undefined) return null
    const { version, working, wakeAt } = session
    return { version, working: new Map([...working].map(([key, text]) => [key, parsed(text)])), wakeAt }
  }

  protected tell(uid: string, version: Version | null): void {
    const watchers = [...this.data.watchers].filter((watcher) => watcher.uid === uid)
    for (const watcher of watchers) void Promise.resolve().then(() => this.data.watchers.has(watcher) && watcher.listener(version)).catch(() => undefined)
  }
}

/** One name for a session's commit id or receipt, whatever characters either consists of. */
export function nameOf(uid: string, name: string): string {
  return JSON.stringify([uid, name])
}

function parsed(text: string): JsonValue {
  return JSON.parse(text) as JsonValue
}

function textOf(key: string, value: JsonValue): string {
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return text
  } catch {
    // Told below, as where JSON has no text for it.
  }
  throw new TriggerkitError('StorageRefused', `The record ${JSON.stringify(key)} is not JSON; nothing of its change was stored.`, { details: { key } })
}
