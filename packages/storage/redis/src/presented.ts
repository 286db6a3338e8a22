import { TriggerkitError, type Change, type CommitAnswer, type SessionChange } from '@triggerkit/contracts'

import type { Keys, SessionKeys } from './keys.js'
import { appendJson, appendKeysOf, appendRemovals, appendTexts, RECORD, toRecords, toSession, versionText } from './records.js'

/** How many arguments of a change come before its lists. */
const HEAD_ARGS = 3

/** Changes as the commit script takes them. */
export interface Presented {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** What the commit script answers for one change: a letter, and keys and texts by turns where there are any. */
export type ScriptAnswer = readonly [letter: 'A' | 'C' | 'P' | 'X', flat?: readonly string[]]

/**
 * Lists that grow, for this is on the way of every commit.
 * @throws `StorageRefused` naming what cannot be stored: the first record that JSON cannot hold, a time that is no number
 */
export function presented(changes: readonly SessionChange[], keys: Keys, ttl: number | null): Presented {
  const given = { keys: [] as string[], args: [] as string[] }
  for (const { uid, change } of changes) {
    const session = keys.of(uid)
    appendKeys(given.keys, session, change)
    appendArgs(given.args, session.member, change, ttl)
  }
  return given
}

function appendKeys(given: string[], session: SessionKeys, { commitId, receipts, expectAbsent }: Change): void {
  given.push(session.hash, session.archive, session.order, session.due, session.commitId(commitId))
  for (const key of receipts.keys()) given.push(session.receipt(key))
  for (const key of expectAbsent) given.push(session.receipt(key))
}

function appendArgs(given: string[], member: string, change: Change, usual: number | null): void {
  const { expect, working, archive, receipts, expectAbsent, read, wakeAt, ttl } = change
  const head = given.push('', expect.number === 0 ? '' : versionText(expect), member) - HEAD_ARGS
  const written = `${appendTexts(given, working.put, RECORD)} ${appendRemovals(given, working, RECORD)} ${appendTexts(given, archive.put)} ${appendRemovals(given, archive)} ${appendJson(given, receipts)}`
  const looked = `${appendKeysOf(given, expectAbsent)} ${appendKeysOf(given, read)}`
  const next = versionText({ incarnation: expect.incarnation, number: expect.number + 1 })
  given[head] = `${written} ${looked} ${timeText(wakeAt, 'wakeAt')} ${timeText(ttl ?? usual, 'ttl')} ${next}`
}

/** A time as scripts take it, empty for none: one that Redis can't read would stop a script amid its writes. */
export function timeText(time: number | null, name: string): string {
  if (time === null) return ''
  if (Number.isFinite(time)) return String(time)
  throw new TriggerkitError('StorageRefused', `${name}: ${time} is not a time, so nothing was stored; give milliseconds, or null.`, { details: { name } })
}

export function toAnswer([letter, flat = []]: ScriptAnswer, now: number): CommitAnswer {
  switch (letter) {
    case 'A':
      return { outcome: 'alreadyApplied', now, records: toRecords(flat) }
    case 'C':
      return { outcome: 'committed', now, records: toRecords(flat) }
    case 'P':
      return { outcome: 'present', now, records: toRecords(flat) }
    case 'X':
      return { outcome: 'conflict', now, session: toSession(flat) }
  }
}
