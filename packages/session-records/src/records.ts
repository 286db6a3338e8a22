import { TriggerkitError } from '@triggerkit/contracts'
import type { Change, JsonValue, Patch, Records } from '@triggerkit/contracts'

/** What is to become of a key: its new JSON text, or `null` for its removal. */
export type Write = readonly [key: string, text: string | null]

/** A change as it will be stored. Nothing in it can run foreign code any more. */
export interface StorableChange {
  readonly change: Change
  readonly working: readonly Write[]
  readonly archive: readonly Write[]
  readonly receipts: readonly Write[]
}

const NONE: readonly Write[] = []

/**
 * Turns a change's records into JSON texts.
 * @throws `StorageRefused` naming the first record that JSON cannot hold
 */
export function toStorable(change: Change): StorableChange {
  const { working, archive, receipts } = change
  return { change, working: writesOf(working), archive: writesOf(archive), receipts: receipts.size === 0 ? NONE : writesOf({ put: receipts, remove: [] }) }
}

/** Records as every answer gives them: made anew from their texts, so that nobody holds what is stored. */
export function toRecords(texts: Iterable<readonly [key: string, text: string]>): Records {
  const records = new Map<string, JsonValue>()
  for (const [key, text] of texts) records.set(key, JSON.parse(text) as JsonValue)
  return records
}

/**
 * A record as JSON text.
 * @throws `StorageRefused` naming the record, if JSON cannot hold it
 */
export function toText(key: string, value: JsonValue): string {
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

/** Where a patch both removes and puts a key, it is put. */
function writesOf({ put, remove }: Patch): readonly Write[] {
  const writes: Write[] = []
  if (remove.length > 0) for (const key of new Set(remove)) if (!put.has(key)) writes.push([key, null])
  for (const [key, value] of put) writes.push([key, toText(key, value)])
  return writes
}
