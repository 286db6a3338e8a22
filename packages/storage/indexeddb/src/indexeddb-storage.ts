import {
  API_VERSION,
  type Change,
  type CommitAnswer,
  type LoadAnswer,
  type ReadAnswer,
  type RecordPage,
  type SessionChange,
  type Storage,
  type StorageCapabilities,
  type StorageDescriptor,
  type Timed,
  type UidPage,
  type Version,
} from '@triggerkit/contracts'
import { toRecords, type VersionListener } from '@triggerkit/session-records'

import { CommitQueue } from './commit-queue.js'
import { commitAll, isExpected, toCommit, type Commit } from './commit.js'
import { Connection } from './connection.js'
import { hasChannels, NewsChannel } from './news-channel.js'
import { toSettings, type IndexedDbStorageOptions, type Settings } from './options.js'
import { askBrowser } from './persistence.js'
import { versionOf, type Scope } from './scope.js'
import { closed } from './storage-errors.js'

const CAPABILITIES: StorageCapabilities = { durable: true, shared: 'origin', commitMany: true, watch: true }

/**
 * Keeps sessions in a database of the browser's, for all pages and workers of one origin.
 *
 * Each method is one transaction, in which it checks and writes; nothing is locked beyond it. Commits made in one turn share
 * a transaction. Opens nothing before its first use.
 */
export class IndexedDbStorage implements Storage {
  readonly key = 'indexeddb'
  readonly capabilities: StorageCapabilities
  /** Tells of new versions soon after their commit, whichever tab or worker made it. Missing where there is no BroadcastChannel. */
  readonly watch?: NonNullable<Storage['watch']>
  readonly #settings: Settings
  readonly #connection: Connection
  readonly #channel: NewsChannel
  readonly #queue: CommitQueue
  #asked: Promise<boolean> | undefined
  #closed = false

  /** @throws `InvalidArgument` for an option that can't be used */
  constructor(options: IndexedDbStorageOptions) {
    this.#settings = toSettings(options)
    this.#connection = new Connection(this.#settings)
    this.#channel = new NewsChannel(this.#settings.database)
    this.#queue = new CommitQueue((commits) => this.#commitAll(commits))
    this.capabilities = { ...CAPABILITIES, watch: hasChannels() }
    if (this.capabilities.watch) this.watch = (uid, listener) => this.#watch(uid, listener)
  }

  load(uid: string): Promise<LoadAnswer> {
    return this.#ask(async (scope) => {
      const row = await scope.find(uid)
      return { session: row === undefined ? null : await scope.toAnswer(row) }
    })
  }

  async commit(uid: string, change: Change): Promise<CommitAnswer> {
    this.#assertOpen()
    return this.#queue.add(toCommit({ uid, change }))
  }

  async commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
    this.#assertOpen()
    return this.#commitAll(changes.map(toCommit))
  }

  read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
    return this.#ask(async (scope) => {
      const row = await scope.find(uid)
      if (row === undefined) return { version: null, records: new Map() }
      return { version: versionOf(row), records: toRecords(await scope.read(row, keys)) }
    })
  }

  list(uid: string, page: RecordPage): Promise<ReadAnswer & { readonly more: boolean }> {
    return this.#ask(async (scope) => {
      const row = await scope.find(uid)
      if (row === undefined) return { version: null, records: new Map(), more: false }
      const texts = await scope.list(row, page)
      return { version: versionOf(row), records: toRecords(texts.slice(0, page.limit)), more: texts.length > page.limit }
    })
  }

  due(limit: number): ReturnType<Storage['due']> {
    return this.#ask(async (scope) => {
      await scope.expire()
      return { sessions: await scope.claim(limit) }
    })
  }

  postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
    return this.#ask(async (scope) => {
      const row = await scope.find(uid)
      if (row !== undefined && isExpected(row, version)) scope.put({ ...row, wakeAt })
      return {}
    })
  }

  heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }> {
    return this.#ask(async (scope) => ({ lapsed: !(await scope.renew(owner, ttl, first)) }))
  }

  owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }> {
    return this.#ask(async (scope) => ({ owners: await scope.owners() }))
  }

  /** The uids in the order of their code units. */
  sessions({ after, limit }: UidPage): ReturnType<Storage['sessions']> {
    return this.#ask(async (scope) => {
      await scope.expire()
      const rows = await scope.page(after, limit)
      const page = rows.slice(0, limit)
      const uids = page.filter((row) => !scope.hasEnded(row)).map(({ uid }) => uid)
      return { uids, next: rows.length > limit ? (page.at(-1)?.uid ?? null) : null }
    })
  }

  delete(uid: string): Promise<Timed> {
    return this.#ask(async (scope) => {
      const row = await scope.find(uid)
      if (row !== undefined) scope.forget(row)
      return {}
    })
  }

  /**
   * Whether the browser keeps the origin's data until the user clears it, as it is now; else it may clear it all when it needs
   * room. With `persist: true` it has been asked to. `false` also where it can't tell.
   */
  async persisted(): Promise<boolean> {
    await this.#askToPersist()
    return askBrowser('persisted')
  }

  /** Ends this storage and its watching; the database stays as it is, and further storages can be opened over it. */
  async close(): Promise<void> {
    this.#closed = true
    this.#connection.close()
    this.#channel.close()
  }

  async #commitAll(commits: readonly Commit[]): Promise<readonly CommitAnswer[]> {
    if (commits.length === 0) return []
    return this.#transact((scope) => commitAll(scope, commits, this.#settings.ttl), commits)
  }

  /** One transaction, and an answer that carries its time. */
  #ask<TAnswer extends object>(work: (scope: Scope) => Promise<TAnswer>): Promise<TAnswer & Timed> {
    return this.#transact(async (scope) => ({ ...(await work(scope)), now: scope.told }))
  }

  async #transact<TResult>(work: (scope: Scope) => Promise<TResult>, commits?: readonly Commit[]): Promise<TResult> {
    this.#assertOpen()
    void this.#askToPersist()
    const { result, scope } = await this.#connection.transact(work, commits)
    this.#channel.tell(scope.news)
    return result
  }

  /** Once, where that is wished. */
  #askToPersist(): Promise<boolean> | undefined {
    if (this.#settings.persist) this.#asked ??= askBrowser('persist')
    return this.#asked
  }

  #watch(uid: string, listener: VersionListener): () => void {
    this.#assertOpen()
    return this.#channel.watch(uid, listener)
  }

  #assertOpen(): void {
    if (this.#closed) throw closed(this.#settings)
  }
}

/**
 * A storage in the browser's IndexedDB.
 * @throws `InvalidArgument` for an option that can't be used
 */
export function indexedDbStorage(options: IndexedDbStorageOptions): IndexedDbStorage {
  return new IndexedDbStorage(options)
}

/** What registers IndexedDB storage under `indexeddb`. */
export const indexedDbStorageDescriptor: StorageDescriptor<[options: IndexedDbStorageOptions]> = {
  kind: 'storage',
  key: 'indexeddb',
  package: '@triggerkit/storage-indexeddb',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: indexedDbStorage,
}
