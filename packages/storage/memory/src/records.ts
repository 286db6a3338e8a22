import { TriggerkitError, type Change, type JsonValue, type Patch, type Records } from '@triggerkit/contracts'

/** What is to become of each key: its new JSON text, or `null` for its removal. */
export type Writes = ReadonlyMap<string, string | null>

/** A change as it will be stored. Nothing in it can run foreign code any more. */
export interface StorableChange {
  readonly change: Change
  readonly working: Writes
  readonly archive: Writes
  readonly receipts: ReadonlyMap<string, string>
}

/**
 * Turns a change's records into JSON text.
 * @throws `StorageRefused` naming the first record that JSON cannot hold
 */
export function toStorable(change: Change): StorableChange {
  return {
    change,
    working: writesOf(change.working),
    archive: writesOf(change.archive),
    receipts: new Map(Array.from(change.receipts, ([key, value]) => [key, toText(key, value)])),
  }
}

/** A record as every answer gives it: made anew from its text, so that nobody holds what is stored. */
export function fromText(text: string): JsonValue {
  return JSON.parse(text) as JsonValue
}

export function toRecords(texts: Iterable<readonly [key: string, text: string]>): Records {
  const records = new Map<string, JsonValue>()
  for (const [key, text] of texts) records.set(key, fromText(text))
  return records
}

/** The memory that a text takes under its key, in bytes: engines keep a character in one byte, or in two where one won't do. */
export function textBytes(key: string, text: string): number {
  return bytesOf(key) + bytesOf(text)
}

function bytesOf(text: string): number {
  return /[^\u0000-\u00ff]/.test(text) ? 2 * text.length : text.length
}

/** Where a patch both removes and puts a key, it is put. */
function writesOf(patch: Patch): Writes {
  const writes = new Map<string, string | null>()
  for (const key of patch.remove) writes.set(key, null)
  for (const [key, value] of patch.put) writes.set(key, toText(key, value))
  return writes
}

function toText(key: string, value: JsonValue): string {
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return text
  } catch (cause) {
    throw refusal(key, { cause })
  }
  throw refusal(key, {})
}

function refusal(key: string, options: { readonly cause?: unknown }): TriggerkitError {
  const message = `The record ${JSON.stringify(key)} is not JSON, so nothing of its change was stored; commit JSON values only.`
  return new TriggerkitError('StorageRefused', message, { ...options, details: { key } })
}
