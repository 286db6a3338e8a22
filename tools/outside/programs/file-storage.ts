// A storage on a file: whatever happens is appended as one line of JSON, and before each answer the lines that are new are read. It
// implements the port of @triggerkit/contracts and knows no engine. One process at a time may use the file.
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, truncateSync } from 'node:fs'

import {
  API_VERSION,
  CLAIM_MS,
  TriggerkitError,
  type Change,
  type CommitAnswer,
  type LoadAnswer,
  type Patch,
  type ReadAnswer,
  type RecordPage,
  type Storage,
  type StorageDescriptor,
  type Timed,
  type UidPage,
  type Version,
} from '@triggerkit/contracts'
import { toText } from '@triggerkit/session-records'

import { FileState, selectRecords, type Line } from './file-state.js'

const CAPABILITIES = { durable: true, shared: 'process', commitMany: false, watch: false } as const

export interface FileStorageOptions {
  readonly path: string
  /** Milliseconds since 1970. Default: the system's. */
  readonly now?: () => number
}

export class FileStorage implements Storage {
  readonly key = 'file'
  readonly capabilities = CAPABILITIES
  readonly #path: string
  readonly #wallClock: () => number
  readonly #state = new FileState()
  /** How much of the file was read. */
  #offset = 0
  #closed = false

  constructor({ path, now = Date.now }: FileStorageOptions) {
    this.#path = path
    this.#wallClock = now
    if (existsSync(path)) dropTornLine(path)
  }

  async load(uid: string): Promise<LoadAnswer> {
    const now = this.#catchUp()
    return { now, session: this.#state.find(uid, now).stored() }
  }

  async commit(uid: string, change: Change): Promise<CommitAnswer> {
    const now = this.#catchUp()
    const session = this.#state.find(uid, now)
    if (session.commitIds.has(change.commitId)) return { outcome: 'alreadyApplied', now, records: selectRecords(session.archive, change.read) }
    if (!session.isExpected(change.expect)) return { outcome: 'conflict', now, session: session.stored() }
    const present = session.known(change.expectAbsent)
    if (present.size > 0) return { outcome: 'present', now, records: present }
    this.#append({ at: now, uid, commit: toCommit(change) })
    return { outcome: 'committed', now, records: selectRecords(this.#state.find(uid, now).archive, change.read) }
  }

  async read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
    const now = this.#catchUp()
    const { version, archive } = this.#state.find(uid, now)
    return { now, version, records: selectRecords(archive, keys) }
  }

  async list(uid: string, { prefix, after = '', limit }: RecordPage): Promise<ReadAnswer & { readonly more: boolean }> {
    const now = this.#catchUp()
    const { version, archive } = this.#state.find(uid, now)
    const keys = [...archive.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
    return { now, version, records: selectRecords(archive, keys.slice(0, limit)), more: keys.length > limit }
  }

  async due(limit: number): ReturnType<Storage['due']> {
    const now = this.#catchUp()
    const waiting = this.#state.existing(now).flatMap(([uid, { version, wakeAt }]) => (wakeAt !== null && wakeAt <= now ? [{ uid, version, wakeAt }] : []))
    const claimed = waiting.sort((left, right) => left.wakeAt - right.wakeAt).slice(0, limit)
    for (const { uid } of claimed) this.#append({ at: now, uid, wakeAt: now + CLAIM_MS })
    return { now, sessions: claimed.map(({ uid, version }) => ({ uid, version })) }
  }

  async postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
    const now = this.#catchUp()
    if (this.#state.find(uid, now).hasVersion(version)) this.#append({ at: now, uid, wakeAt })
    return { now }
  }

  async heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }> {
    const { now, owners } = await this.owners()
    const lapsed = !first && !owners.has(owner)
    if (!lapsed) this.#append({ at: now, owner, end: now + ttl })
    return { now, lapsed }
  }

  async owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }> {
    const now = this.#catchUp()
    return { now, owners: new Map([...this.#state.leases].filter(([, end]) => end > now)) }
  }

  async sessions({ after = '', limit }: UidPage): ReturnType<Storage['sessions']> {
    const now = this.#catchUp()
    const stored = this.#state.existing(now).map(([uid]) => uid)
    const uids = stored.filter((uid) => uid > after).sort()
    const page = uids.slice(0, limit)
    return { now, uids: page, next: uids.length > limit ? (page.at(-1) ?? null) : null }
  }

  async delete(uid: string): Promise<Timed> {
    const now = this.#catchUp()
    if (this.#state.find(uid, now).version !== null) this.#append({ at: now, uid, deleted: true })
    return { now }
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** Reads what is new in the file. @returns the storage's time, which never goes back, whatever the wall clock does */
  #catchUp(): number {
    if (this.#closed) throw new TriggerkitError('Closed', `The storage on ${this.#path} is closed; open another one.`)
    const news = existsSync(this.#path) ? readFrom(this.#path, this.#offset) : Buffer.alloc(0)
    this.#offset += news.length
    for (const line of news.toString('utf8').split('\n')) if (line !== '') this.#state.apply(JSON.parse(line) as Line)
    this.#state.time = Math.max(this.#state.time, this.#wallClock())
    return this.#state.time
  }

  /** First the file, then the memory: what could not be written has not happened. */
  #append(line: Line): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`)
    this.#catchUp()
  }
}

function readFrom(path: string, offset: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const news = Buffer.alloc(fstatSync(file).size - offset)
    readSync(file, news, 0, news.length, offset)
    return news
  } finally {
    closeSync(file)
  }
}

/** A process that ended amid a write leaves a line without an end: that was never acknowledged. */
function dropTornLine(path: string): void {
  truncateSync(path, readFileSync(path).lastIndexOf('\n') + 1)
}

function toCommit({ commitId, expect, working, archive, receipts, wakeAt, ttl }: Change): Extract<Line, { commit: unknown }>['commit'] {
  const version = { incarnation: expect.incarnation, number: expect.number + 1 }
  return { commitId, version, working: toPatch(working), archive: toPatch(archive), receipts: toPatch({ put: receipts, remove: [] }).put, wakeAt, ttl: ttl ?? null }
}

/** @throws `StorageRefused` for a record that is not JSON */
function toPatch({ put, remove }: Patch): { put: (readonly [string, never])[]; remove: readonly string[] } {
  return { put: [...put].map(([key, value]) => [key, JSON.parse(toText(key, value)) as never] as const), remove }
}

export function fileStorage(options: FileStorageOptions): FileStorage {
  return new FileStorage(options)
}

export const fileStorageDescriptor: StorageDescriptor<[options: FileStorageOptions]> = {
  kind: 'storage',
  key: 'file',
  package: 'triggerkit-storage-file',
  version: '1.0.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: fileStorage,
}
