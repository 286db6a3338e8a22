// A storage on a file: every commit is appended as one line of JSON, and the lines are read again when the file is opened. It
// implements the port of @triggerkit/contracts and knows no engine. One process at a time may have the file open; sessions stay until
// they are deleted, since a time to live says only when one may be forgotten.
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'

import {
  API_VERSION,
  CLAIM_MS,
  TriggerkitError,
  type Change,
  type CommitAnswer,
  type LoadAnswer,
  type ReadAnswer,
  type RecordPage,
  type Storage,
  type StorageDescriptor,
  type Timed,
  type UidPage,
  type Version,
} from '@triggerkit/contracts'

import { FileSession, selectRecords, type Line } from './file-session.js'

const CAPABILITIES = { durable: true, shared: 'process', commitMany: false, watch: false } as const

export interface FileStorageOptions {
  readonly path: string
}

export class FileStorage implements Storage {
  readonly key = 'file'
  readonly capabilities = CAPABILITIES
  readonly #path: string
  readonly #sessions = new Map<string, FileSession>()
  readonly #leases = new Map<string, number>()
  #time = 0
  #closed = false

  constructor({ path }: FileStorageOptions) {
    this.#path = path
    if (existsSync(path)) this.#restore()
  }

  async load(uid: string): Promise<LoadAnswer> {
    return { now: this.#now(), session: this.#sessions.get(uid)?.stored() ?? null }
  }

  async commit(uid: string, change: Change): Promise<CommitAnswer> {
    const now = this.#now()
    const session = this.#sessions.get(uid) ?? new FileSession()
    if (session.commitIds.has(change.commitId)) return { outcome: 'alreadyApplied', now, records: selectRecords(session.archive, change.read) }
    if (!session.isExpected(change.expect)) return { outcome: 'conflict', now, session: session.stored() }
    const present = session.known(change.expectAbsent)
    if (present.size > 0) return { outcome: 'present', now, records: present }
    this.#write({ uid, commit: toLine(change) })
    return { outcome: 'committed', now, records: selectRecords((this.#sessions.get(uid) as FileSession).archive, change.read) }
  }

  async read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
    const session = this.#sessions.get(uid)
    return { now: this.#now(), version: session?.version ?? null, records: selectRecords(session?.archive, keys) }
  }

  async list(uid: string, { prefix, after = '', limit }: RecordPage): Promise<ReadAnswer & { readonly more: boolean }> {
    const session = this.#sessions.get(uid)
    const keys = [...(session?.archive.keys() ?? [])].filter((key) => key.startsWith(prefix) && key > after).sort()
    const records = selectRecords(session?.archive, keys.slice(0, limit))
    return { now: this.#now(), version: session?.version ?? null, records, more: keys.length > limit }
  }

  async due(limit: number): ReturnType<Storage['due']> {
    const now = this.#now()
    const waiting = [...this.#sessions].filter(([, { wakeAt, version }]) => version !== null && wakeAt !== null && wakeAt <= now)
    const sessions = waiting.slice(0, limit).map(([uid, session]) => {
      // A claim need not outlive the process: who reads the file again may look at once.
      session.wakeAt = now + CLAIM_MS
      return { uid, version: session.version as Version }
    })
    return { now, sessions }
  }

  async postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
    const now = this.#now()
    if (this.#sessions.get(uid)?.hasVersion(version) === true) this.#write({ uid, wakeAt })
    return { now }
  }

  /** Leases end with the process, as all owners do that can have the file open. */
  async heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }> {
    const { now, owners } = await this.owners()
    const lapsed = !first && !owners.has(owner)
    if (lapsed || ttl === 0) this.#leases.delete(owner)
    else this.#leases.set(owner, now + ttl)
    return { now, lapsed }
  }

  async owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }> {
    const now = this.#now()
    return { now, owners: new Map([...this.#leases].filter(([, end]) => end > now)) }
  }

  async sessions({ after = '', limit }: UidPage): ReturnType<Storage['sessions']> {
    const stored = [...this.#sessions].filter(([uid, { version }]) => version !== null && uid > after)
    const uids = stored.map(([uid]) => uid).sort()
    const page = uids.slice(0, limit)
    return { now: this.#now(), uids: page, next: uids.length > limit ? (page.at(-1) ?? null) : null }
  }

  async delete(uid: string): Promise<Timed> {
    const now = this.#now()
    if (this.#sessions.has(uid)) this.#write({ uid, deleted: true })
    return { now }
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** The storage's time never goes back, whatever the wall clock does. */
  #now(): number {
    if (this.#closed) throw new TriggerkitError('Closed', `The storage on ${this.#path} is closed; open another one.`)
    this.#time = Math.max(this.#time, Date.now())
    return this.#time
  }

  /** First the file, then the memory: what could not be written has not happened. */
  #write(line: Line): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`)
    this.#apply(line)
  }

  #apply(line: Line): void {
    const session = this.#sessions.get(line.uid) ?? new FileSession()
    session.apply(line)
    this.#sessions.set(line.uid, session)
  }

  #restore(): void {
    const content = readFileSync(this.#path)
    // A process that ended amid a write leaves a line without an end: that commit was never acknowledged.
    const end = content.lastIndexOf('\n') + 1
    truncateSync(this.#path, end)
    const lines = content.subarray(0, end).toString('utf8').split('\n').filter(Boolean)
    for (const line of lines) this.#apply(JSON.parse(line) as Line)
  }
}

function toLine({ commitId, expect, working, archive, receipts, wakeAt }: Change): NonNullable<Line['commit']> {
  const patch = ({ put, remove }: Change['working']) => ({ put: [...put], remove })
  const version = { incarnation: expect.incarnation, number: expect.number + 1 }
  return { commitId, version, working: patch(working), archive: patch(archive), receipts: [...receipts], wakeAt }
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
