import { CLAIM_MS, type JsonValue, type Records, type StoredSession, type Version } from '@triggerkit/contracts'

interface LinePatch {
  readonly put: readonly (readonly [key: string, value: JsonValue])[]
  readonly remove: readonly string[]
}

interface CommitLine {
  readonly commitId: string
  readonly version: Version
  readonly working: LinePatch
  readonly archive: LinePatch
  readonly receipts: LinePatch['put']
  readonly wakeAt: number | null
  readonly ttl: number | null
}

/** What one line of the file says, and when (`at`). */
export type Line = { readonly at: number } & (
  | { readonly uid: string; readonly commit: CommitLine }
  | { readonly uid: string; readonly wakeAt: number | null }
  | { readonly uid: string; readonly deleted: true }
  | { readonly owner: string; readonly end: number }
)

/** What all lines say together. */
export class FileState {
  readonly sessions = new Map<string, FileSession>()
  /** When each owner's lease ends. */
  readonly leases = new Map<string, number>()
  /** The time of the last line: no later one is earlier. */
  time = 0

  apply(line: Line): void {
    this.time = line.at
    if ('owner' in line) {
      this.leases.set(line.owner, line.end)
      return
    }
    const session = this.find(line.uid, line.at)
    this.sessions.set(line.uid, session)
    if ('commit' in line) session.commit(line.commit, line.at)
    else if ('deleted' in line) session.forget()
    else session.wakeAt = line.wakeAt
  }

  /** The session as it is at that time; one without a version if there is none. */
  find(uid: string, now: number): FileSession {
    const session = this.sessions.get(uid) ?? new FileSession()
    if (session.endsAt <= now) session.forget()
    return session
  }

  /** Those that are there at that time, by uid. */
  existing(now: number): readonly (readonly [uid: string, session: FileSession & { readonly version: Version }])[] {
    const all = [...this.sessions.keys()].map((uid) => [uid, this.find(uid, now)] as const)
    return all.filter((entry): entry is [string, FileSession & { readonly version: Version }] => entry[1].version !== null)
  }
}

/** A session as the lines tell it. Commit ids and receipts are kept for ever, which is longer than asked for. */
export class FileSession {
  readonly commitIds = new Set<string>()
  readonly #receipts = new Map<string, JsonValue>()
  working = new Map<string, JsonValue>()
  archive = new Map<string, JsonValue>()
  /** `null`: there is no such session (any more). */
  version: Version | null = null
  wakeAt: number | null = null
  #committedAt = 0
  #ttl: number | null = null

  /** Who wakes up must still find the session: the time to live runs anew from the wake-up. */
  get endsAt(): number {
    if (this.version === null || this.#ttl === null) return Number.POSITIVE_INFINITY
    const end = this.#committedAt + this.#ttl
    return this.wakeAt === null ? end : Math.max(end, this.wakeAt + Math.max(this.#ttl, CLAIM_MS))
  }

  stored(): StoredSession | null {
    return this.version && { version: this.version, working: structuredClone(this.working), wakeAt: this.wakeAt }
  }

  hasVersion({ incarnation, number }: Version): boolean {
    return this.version?.incarnation === incarnation && this.version.number === number
  }

  isExpected(expected: Version): boolean {
    return expected.number === 0 ? this.version === null : this.hasVersion(expected)
  }

  /** Those of the keys that the archive or the receipts have. */
  known(keys: readonly string[]): Records {
    return new Map([...selectRecords(this.#receipts, keys), ...selectRecords(this.archive, keys)])
  }

  commit({ commitId, version, working, archive, receipts, wakeAt, ttl }: CommitLine, at: number): void {
    patch(this.working, working)
    patch(this.archive, archive)
    for (const [key, value] of receipts) this.#receipts.set(key, value)
    this.commitIds.add(commitId)
    this.version = version
    this.wakeAt = wakeAt
    this.#committedAt = at
    this.#ttl = ttl
  }

  forget(): void {
    this.working = new Map()
    this.archive = new Map()
    this.version = null
    this.wakeAt = null
  }
}

/** The records that exist under the keys, as copies: nobody holds what is stored. */
export function selectRecords(records: Records, keys: readonly string[]): Records {
  return new Map(keys.flatMap((key) => (records.has(key) ? [[key, structuredClone(records.get(key) as JsonValue)] as const] : [])))
}

/** Where a patch both removes and puts a key, it is put. */
function patch(records: Map<string, JsonValue>, { put, remove }: LinePatch): void {
  for (const key of remove) records.delete(key)
  for (const [key, value] of put) records.set(key, value)
}
