import { TriggerkitError, type JsonValue, type Patch, type Records, type StoredSession, type Version } from '@triggerkit/contracts'

import { decode, encode } from './keys.js'

/** What marks a working record in the hash of its session, where the session's own fields lie too. */
const RECORD = 'r'

interface Head {
  readonly version: Version | null
  readonly wakeAt: number | null
}

const NOTHING: Head = { version: null, wakeAt: null }

/** Records as a script takes them: keys and JSON texts by turns. */
export function texts(records: Records, mark = ''): readonly string[] {
  const flat: string[] = []
  for (const [key, value] of records) flat.push(mark + encode(key), toText(key, value))
  return flat
}

export function workingTexts(records: Records): readonly string[] {
  return texts(records, RECORD)
}

/** The keys to remove: where a patch both removes and puts a key, it is put. */
export function removals({ put, remove }: Patch, mark = ''): readonly string[] {
  return remove.length === 0 ? [] : [...new Set(remove)].filter((key) => !put.has(key)).map((key) => mark + encode(key))
}

export function workingRemovals(patch: Patch): readonly string[] {
  return removals(patch, RECORD)
}

/** Records as a script gives them: keys and JSON texts by turns. */
export function toRecords(flat: readonly string[]): Records {
  const records = new Map<string, JsonValue>()
  for (let index = 0; index < flat.length; index += 2) records.set(decode(flat[index] as string), JSON.parse(flat[index + 1] as string) as JsonValue)
  return records
}

/** The hash of a session, field and value by turns; empty where there is none. */
export function toSession(flat: readonly string[]): StoredSession | null {
  const working = new Map<string, JsonValue>()
  let head = NOTHING
  for (let index = 0; index < flat.length; index += 2) {
    const [field, value] = [flat[index], flat[index + 1]] as [string, string]
    if (field.startsWith(RECORD)) working.set(decode(field.slice(RECORD.length)), JSON.parse(value) as JsonValue)
    else head = toHead(value)
  }
  return head.version === null ? null : { ...head, version: head.version, working }
}

/** What a session's head tells: wake-up, time to live, time of the last commit and version; nothing where there is none. */
export function toHead(text: string | null): Head {
  const [, wakeAt = '', version] = /^(\S*) \S* \S* ([^]*)$/.exec(text ?? '') ?? []
  return { version: toVersion(version), wakeAt: wakeAt === '' ? null : Number(wakeAt) }
}

/** A version as one text. */
export function versionText({ incarnation, number }: Version): string {
  return `${number}:${encode(incarnation)}`
}

export function toVersion(text: string | null | undefined): Version | null {
  if (text === null || text === undefined || text === '') return null
  const end = text.indexOf(':')
  return { incarnation: decode(text.slice(end + 1)), number: Number(text.slice(0, end)) }
}

function toText(key: string, value: JsonValue): string {
  let cause: unknown
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return text
  } catch (error) {
    cause = error
  }
  const message = `The record ${JSON.stringify(key)} is not JSON, so nothing of its change was stored; commit JSON values only.`
  throw new TriggerkitError('StorageRefused', message, { cause, details: { key } })
}
