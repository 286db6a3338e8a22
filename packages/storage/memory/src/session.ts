import { CLAIM_MS, type StoredSession, type Version } from '@triggerkit/contracts'
import { toRecords, type StorableChange, type Write } from '@triggerkit/session-records'

import { retainedKey } from './keys.js'
import { SortedMap } from './sorted-map.js'

/** A session as it is stored: JSON texts by key. */
export class Session {
  readonly uid: string
  readonly working: Map<string, string> = new Map()
  readonly archive: SortedMap<string> = new SortedMap()
  version: Version
  wakeAt: number | null = null
  ttl: number | null = null
  committedAt = 0
  /** What all the texts and their keys take. */
  bytes = 0

  constructor(uid: string, version: Version) {
    this.uid = uid
    this.version = version
  }

  /**
   * When the session may be forgotten: its time to live after the last commit, or as long after its wake-up if that is
   * later, and {@link CLAIM_MS} after the wake-up at least. Who wakes up at that very time must still find the session.
   */
  get endsAt(): number {
    if (this.ttl === null) return Number.POSITIVE_INFINITY
    const end = this.committedAt + this.ttl
    return this.wakeAt === null ? end : Math.max(end, this.wakeAt + Math.max(this.ttl, CLAIM_MS))
  }

  toAnswer(): StoredSession {
    return { version: this.version, working: toRecords(this.working), wakeAt: this.wakeAt }
  }

  hasVersion(version: Version): boolean {
    return this.version.number === version.number && this.version.incarnation === version.incarnation
  }

  apply({ working, archive }: StorableChange): void {
    write(this.working, working)
    write(this.archive, archive)
  }
}

interface Texts {
  get(key: string): string | undefined
  set(key: string, text: string): unknown
  delete(key: string): boolean
}

/** By how many bytes a session would grow: a character counts as one, as engines keep it unless it is far from Latin. */
export function growth(session: Session, { working, archive }: StorableChange): number {
  return growthOf(session.working, working) + growthOf(session.archive, archive)
}

/** What a change's receipts take, each for itself: they are kept beside the session. */
export function receiptBytes(uid: string, { receipts }: StorableChange): number {
  return receipts.reduce((bytes, [key, text]) => bytes + retainedKey(uid, key).length + (text as string).length, 0)
}

function growthOf(texts: Texts, writes: readonly Write[]): number {
  let bytes = 0
  for (const [key, text] of writes) {
    const replaced = texts.get(key)
    if (replaced !== undefined) bytes -= key.length + replaced.length
    if (text !== null) bytes += key.length + text.length
  }
  return bytes
}

function write(texts: Texts, writes: readonly Write[]): void {
  for (const [key, text] of writes) {
    if (text === null) texts.delete(key)
    else texts.set(key, text)
  }
}
