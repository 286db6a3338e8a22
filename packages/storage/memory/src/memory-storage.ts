import {
  API_VERSION,
  TriggerkitError,
  type Change,
  type CommitAnswer,
  type LoadAnswer,
  type ReadAnswer,
  type RecordPage,
  type Records,
  type Storage,
  type StorageCapabilities,
  type StorageDescriptor,
  type Timed,
  type UidPage,
  type Version,
} from '@triggerkit/contracts'
import { toRecords, toStorable, type StorableChange } from '@triggerkit/session-records'

import type { MemorySpace } from './memory-space.js'
import { toSettings, type MemoryStorageOptions, type Settings } from './options.js'
import { growth, receiptBytes, Session } from './session.js'

const CAPABILITIES: StorageCapabilities = { durable: false, shared: 'process', commitMany: false, watch: true }

/**
 * Keeps sessions in memory, as JSON text: what one reads is what a storage on disk or in a network would give.
 *
 * Each method does its whole work at once, before it returns its promise; so nothing ever comes between a check and what
 * it guards.
 */
export class MemoryStorage implements Storage {
  readonly key = 'memory'
  readonly capabilities: StorageCapabilities = CAPABILITIES
  readonly #settings: Settings
  readonly #space: MemorySpace
  readonly #unwatch = new Set<() => void>()
  #closed = false

  /** @throws `InvalidArgument` for a `ttl` that is no duration above 0 and for a limit that is no number above 0 */
  constructor(options: MemoryStorageOptions = {}) {
    this.#settings = toSettings(options)
    this.#space = this.#settings.store.space(this.#settings.namespace)
  }

  async load(uid: string): Promise<LoadAnswer> {
    const now = this.#now()
    return { now, session: this.#space.find(uid, now)?.toAnswer() ?? null }
  }

  async commit(uid: string, change: Change): Promise<CommitAnswer> {
    const now = this.#now()
    const storable = toStorable(change)
    const session = this.#space.find(uid, now)
    if (this.#space.knowsCommit(uid, change.commitId, now)) {
      return { outcome: 'alreadyApplied', now, records: archived(session, change.read) }
    }
    if (!isExpected(session, change.expect)) return { outcome: 'conflict', now, session: session?.toAnswer() ?? null }
    const present = this.#present(uid, session, change.expectAbsent, now)
    if (present.size > 0) return { outcome: 'present', now, records: present }
    return { outcome: 'committed', now, records: archived(this.#write(uid, session, storable, now), change.read) }
  }

  async read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
    const now = this.#now()
    const session = this.#space.find(uid, now)
    return { now, version: session?.version ?? null, records: archived(session, keys) }
  }

  async list(uid: string, page: RecordPage): Promise<ReadAnswer & { readonly more: boolean }> {
    const now = this.#now()
    const session = this.#space.find(uid, now)
    const texts: (readonly [string, string])[] = []
    const answer = (more: boolean) => ({ now, version: session?.version ?? null, records: toRecords(texts), more })
    for (const entry of session?.archive.entriesFrom(page.prefix, page.after) ?? []) {
      if (!entry[0].startsWith(page.prefix)) break
      if (texts.length >= page.limit) return answer(true)
      texts.push(entry)
    }
    return answer(false)
  }

  async due(limit: number): ReturnType<Storage['due']> {
    const now = this.#now()
    this.#space.expire(now)
    return { now, sessions: this.#space.claim(limit, now) }
  }

  async postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
    const now = this.#now()
    const session = this.#space.find(uid, now)
    if (session?.hasVersion(version) === true) this.#space.postpone(session, wakeAt)
    return { now }
  }

  async heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }> {
    const now = this.#now()
    return { now, lapsed: !this.#space.leases.renew(owner, ttl, first, now) }
  }

  async owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }> {
    const now = this.#now()
    return { now, owners: this.#space.leases.owners(now) }
  }

  /** The uids in the order of their code units. */
  async sessions(page: UidPage): ReturnType<Storage['sessions']> {
    const now = this.#now()
    this.#space.expire(now)
    return { now, ...this.#space.page(page) }
  }

  async delete(uid: string): Promise<Timed> {
    const now = this.#now()
    const session = this.#space.find(uid, now)
    if (session !== undefined) this.#space.forget(session)
    return { now }
  }

  /**
   * Tells of new versions soon after their commit, whichever storage over the store made it. An end by time to live is
   * told when somebody notices it. What a listener throws is dropped.
   * @throws `Closed`
   */
  watch(uid: string, listener: (version: Version | null) => void): () => void {
    this.#assertOpen()
    const remove = this.#space.watchers.add(uid, listener)
    const unwatch = (): void => {
      remove()
      this.#unwatch.delete(unwatch)
    }
    this.#unwatch.add(unwatch)
    return unwatch
  }

  /** Ends this storage and its watching; the store stays as it is, and further storages can be opened over it. */
  async close(): Promise<void> {
    this.#closed = true
    for (const unwatch of [...this.#unwatch]) unwatch()
  }

  #write(uid: string, stored: Session | undefined, storable: StorableChange, now: number): Session {
    const { store, limits, ttl } = this.#settings
    const session = stored ?? new Session(uid, storable.change.expect)
    const accepted = { storable, ttl, growth: growth(session, storable) }
    store.admit({ sessions: stored === undefined ? 1 : 0, bytes: accepted.growth + receiptBytes(uid, storable) }, limits, now)
    this.#space.write(session, accepted, now)
    return session
  }

  #present(uid: string, session: Session | undefined, keys: readonly string[], now: number): Records {
    return found(keys, (key) => session?.archive.get(key) ?? this.#space.receipt(uid, key, now))
  }

  #now(): number {
    this.#assertOpen()
    return this.#settings.now()
  }

  #assertOpen(): void {
    if (this.#closed) throw new TriggerkitError('Closed', 'This memory storage is closed; open another one over its store.')
  }
}

function isExpected(session: Session | undefined, expected: Version): boolean {
  return session === undefined ? expected.number === 0 : session.hasVersion(expected)
}

const NOTHING: Records = new Map()

function archived(session: Session | undefined, keys: readonly string[]): Records {
  return found(keys, (key) => session?.archive.get(key))
}

function found(keys: readonly string[], textOf: (key: string) => string | undefined): Records {
  if (keys.length === 0) return NOTHING
  const texts: (readonly [string, string])[] = []
  for (const key of keys) {
    const text = textOf(key)
    if (text !== undefined) texts.push([key, text])
  }
  return toRecords(texts)
}

/**
 * A storage in memory.
 * @throws `InvalidArgument` for a `ttl` that is no duration and for a limit that is no number above 0
 */
export function memoryStorage(options: MemoryStorageOptions = {}): MemoryStorage {
  return new MemoryStorage(options)
}

/** What registers memory storage under `memory`. */
export const memoryStorageDescriptor: StorageDescriptor<[options?: MemoryStorageOptions]> = {
  kind: 'storage',
  key: 'memory',
  package: '@triggerkit/storage-memory',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: memoryStorage,
}
