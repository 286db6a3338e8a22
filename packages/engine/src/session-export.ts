import { positiveMilliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Duration, JsonObject, JsonValue, Records, Storage, StoredSession, Version } from '@triggerkit/contracts'
import { checkName, toJsonObject } from '@triggerkit/config'
import { fromRecords, RECORD_FORMAT } from '@triggerkit/core'
import { randomIds } from './ids.js'

/** A session as plain JSON: all its records, but neither the owners of its executions nor what storages keep besides records (receipts, commit ids, leases). */
export interface ExportedSession {
  readonly format: number
  readonly uid: string
  /** The working set: key and record. */
  readonly working: readonly (readonly [key: string, record: JsonValue])[]
  readonly archive: readonly (readonly [key: string, record: JsonValue])[]
}

export interface ImportOptions {
  /** The uid of the copy. Default: the exported one. */
  readonly uid?: string
  /** After how long the session may be forgotten. Default: the storage's. */
  readonly ttl?: Duration
}

const PAGE = 500
const ATTEMPTS = 20
const MAX_BYTES = Number.MAX_SAFE_INTEGER

/**
 * A session as data, to keep, inspect, or import elsewhere: its state at one moment, however much it changes meanwhile.
 * @throws `InvalidArgument` if there is no such session, `Overloaded` if it changes faster than it can be read
 */
export async function exportSession(storage: Storage, uid: string): Promise<ExportedSession> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { session } = await storage.load(checkName('uid', uid))
    if (session === null) throw new TriggerkitError('InvalidArgument', `There is no session ${JSON.stringify(uid)} to export.`, { details: { uid } })
    const archive = await archiveOf(storage, uid, session)
    if (archive !== null) return { format: RECORD_FORMAT, uid, working: Array.from(session.working, ([key, record]) => [key, disowned(record)]), archive }
  }
  throw new TriggerkitError('Overloaded', `Session ${JSON.stringify(uid)} changed each time it was read. Export it when it is less busy.`, { details: { uid } })
}

/** A record without who executes its instance: that process may still live where the copy is imported, but runs the original. */
function disowned(record: JsonValue): JsonValue {
  const { handOver } = record as { handOver?: JsonObject }
  return handOver?.['owner'] ? { ...(record as JsonObject), handOver: { ...handOver, owner: '' } } : record
}

/** The whole archive, page by page; `null` if the session changed in between. */
async function archiveOf(storage: Storage, uid: string, { version }: StoredSession): Promise<ExportedSession['archive'] | null> {
  const records: (readonly [string, JsonValue])[] = []
  for (let more = true; more; ) {
    const after = records.at(-1)?.[0]
    const page = await storage.list(uid, { prefix: '', limit: PAGE, ...(after !== undefined && { after }) })
    if (!isSame(page.version, version)) return null
    records.push(...page.records)
    more = page.more
  }
  return records
}

function isSame(left: Version | null, right: Version): boolean {
  return left?.incarnation === right.incarnation && left.number === right.number
}

/**
 * Puts an exported session into a storage as a copy, under a new incarnation. Executions and hand-overs that were under way in the
 * original count as lost: the next sweep of a started process schedules them again.
 * @returns the uid of the copy
 * @throws `InvalidArgument` if that uid is taken, the time to live is no duration above 0, or the data is not an exported session; `UnsupportedFormat` if a newer release exported it
 */
export async function importSession(storage: Storage, exported: ExportedSession, options: ImportOptions = {}): Promise<string> {
  const { working, archive, uid: own } = checkExported(exported)
  const uid = checkName('uid', options.uid ?? own)
  const ttl = options.ttl === undefined ? {} : { ttl: positiveMilliseconds(options.ttl, 'ttl') }
  const { now } = await storage.load(uid)
  const answer = await storage.commit(uid, {
    commitId: randomIds.random(),
    expect: { incarnation: randomIds.random(), number: 0 },
    expectAbsent: [],
    working: { put: working, remove: [] },
    archive: { put: archive, remove: [] },
    receipts: new Map(),
    read: [],
    wakeAt: now,
    ...ttl,
  })
  if (answer.outcome === 'committed' || answer.outcome === 'alreadyApplied') return uid
  const message = `Session ${JSON.stringify(uid)} already exists. Delete it first, or import under another uid.`
  throw new TriggerkitError('InvalidArgument', message, { details: { uid } })
}

function checkExported(exported: ExportedSession): { readonly uid: string; readonly working: Records; readonly archive: Records } {
  const { format, uid, working, archive } = toJsonObject(exported, 'session', { maxBytes: MAX_BYTES }) as unknown as ExportedSession
  if (typeof format === 'number' && format !== RECORD_FORMAT) {
    throw new TriggerkitError('UnsupportedFormat', `The session was exported in format ${format}; this release reads ${RECORD_FORMAT}. Use matching releases.`, { details: { format } })
  }
  const whole = format === RECORD_FORMAT && typeof uid === 'string' && areRecords(working) && areRecords(archive) && isSession(working)
  if (!whole) throw new TriggerkitError('InvalidArgument', 'This is not an exported session: pass what exportSession returned.')
  return { uid, working: new Map(working), archive: new Map(archive) }
}

/** Whether a session can be read from the records: what was cut or edited by hand must not show at the first command only. */
function isSession(working: ExportedSession['working']): boolean {
  try {
    return fromRecords(new Map(working)).session !== null
  } catch {
    return false
  }
}

function areRecords(records: unknown): boolean {
  return Array.isArray(records) && records.every((entry) => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string')
}
