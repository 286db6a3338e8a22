import type { JsonValue, Patch, Records, StoredSession, Version } from '@triggerkit/contracts'
import { toText } from '@triggerkit/session-records'

import { decode, encode } from './keys.js'

/** What marks a working record in the hash of its session, where the session's own fields lie too. */
export const RECORD = 'r'

interface Head {
  readonly version: Version | null
  readonly wakeAt: number | null
}

const NOTHING: Head = { version: null, wakeAt: null }

/** Appends records as scripts take them, keys and JSON texts by turns. @returns how many texts that was */
export function appendTexts(given: string[], records: Records, mark = ''): number {
  for (const [key, value] of records) given.push(mark + encode(key), toText(key, value))
  return 2 * records.size
}

/** Appends the JSON texts of records. @returns how many that was */
export function appendJson(given: string[], records: Records): number {
  for (const [key, value] of records) given.push(toText(key, value))
  return records.size
}

/** Appends the keys to remove: where a patch both removes and puts a key, it is put. @returns how many that was */
export function appendRemovals(given: string[], { put, remove }: Patch, mark = ''): number {
  if (remove.length === 0) return 0
  const before = given.length
  for (const key of new Set(remove)) if (!put.has(key)) given.push(mark + encode(key))
  return given.length - before
}

/** @returns how many keys that was */
export function appendKeysOf(given: string[], keys: readonly string[]): number {
  for (const key of keys) given.push(encode(key))
  return keys.length
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
