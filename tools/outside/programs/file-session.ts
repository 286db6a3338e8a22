import type { JsonValue, Records, StoredSession, Version } from '@triggerkit/contracts'

interface LinePatch {
  readonly put: readonly (readonly [key: string, value: JsonValue])[]
  readonly remove: readonly string[]
}

/** What one line of the file says of one session. */
export interface Line {
  readonly uid: string
  readonly commit?: {
    readonly commitId: string
    readonly version: Version
    readonly working: LinePatch
    readonly archive: LinePatch
    readonly receipts: LinePatch['put']
    readonly wakeAt: number | null
  }
  readonly wakeAt?: number | null
  readonly deleted?: true
}

/** A session as the lines of the file tell it. Commit ids and receipts are kept for ever, which is longer than asked for. */
export class FileSession {
  readonly commitIds = new Set<string>()
  readonly #receipts = new Map<string, JsonValue>()
  working = new Map<string, JsonValue>()
  archive = new Map<string, JsonValue>()
  /** `null`: there is no such session (any more). */
  version: Version | null = null
  wakeAt: number | null = null

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

  apply({ commit, wakeAt, deleted }: Line): void {
    if (commit !== undefined) this.#commit(commit)
    else if (deleted === true) this.#forget()
    else this.wakeAt = wakeAt ?? null
  }

  #commit({ commitId, version, working, archive, receipts, wakeAt }: NonNullable<Line['commit']>): void {
    patch(this.working, working)
    patch(this.archive, archive)
    for (const [key, value] of receipts) this.#receipts.set(key, value)
    this.commitIds.add(commitId)
    this.version = version
    this.wakeAt = wakeAt
  }

  #forget(): void {
    this.working = new Map()
    this.archive = new Map()
    this.version = null
    this.wakeAt = null
  }
}

/** The records that exist under the keys, as copies: nobody holds what is stored. */
export function selectRecords(records: Records | undefined, keys: readonly string[]): Records {
  const found = keys.flatMap((key) => (records?.has(key) ? [[key, structuredClone(records.get(key) as JsonValue)] as const] : []))
  return new Map(found)
}

/** Where a patch both removes and puts a key, it is put. Values are copied: nobody holds what is stored. */
function patch(records: Map<string, JsonValue>, { put, remove }: LinePatch): void {
  for (const key of remove) records.delete(key)
  for (const [key, value] of put) records.set(key, structuredClone(value))
}
