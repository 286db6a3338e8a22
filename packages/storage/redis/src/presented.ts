import { TriggerkitError, type Change, type CommitAnswer, type SessionChange } from '@triggerkit/contracts'

import { encode, memberOf, type Keys } from './keys.js'
import { removals, texts, toRecords, toSession, versionText, workingRemovals, workingTexts } from './records.js'

/** A change as the commit script takes it. */
export interface PresentedChange {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** What the commit script answers for one change: a letter and keys and texts by turns. */
export type ScriptAnswer = readonly [letter: 'A' | 'C' | 'P' | 'X', flat: readonly string[]]

/** @throws `StorageRefused` naming what cannot be stored: the first record that JSON cannot hold, a time that is no number */
export function presented({ uid, change }: SessionChange, keys: Keys, ttl: number | null): PresentedChange {
  const member = memberOf(uid)
  const lists = listsOf(change)
  const start = keys.start(member)
  const absent = change.expectAbsent.map(encode)
  return {
    keys: [
      ...keys.session(member),
      keys.commitId(start, change.commitId),
      ...[...change.receipts.keys()].map((key) => keys.receipt(start, key)),
      ...change.expectAbsent.map((key) => keys.receipt(start, key)),
    ],
    args: [member, ...headOf(change, ttl), ...lists.map(({ length }) => String(length)), String(absent.length), String(change.read.length), ...lists.flat(), ...absent, ...change.read.map(encode)],
  }
}

/** Versions and times: what the session must be at, and what it becomes. */
function headOf({ expect, wakeAt, ttl }: Change, usual: number | null): readonly string[] {
  const { incarnation, number } = expect
  return [number === 0 ? '' : versionText(expect), versionText({ incarnation, number: number + 1 }), timeText(wakeAt, 'wakeAt'), timeText(ttl ?? usual, 'ttl')]
}

/** A time as scripts take it, empty for none: one that Redis can't read would stop a script amid its writes. */
export function timeText(time: number | null, name: string): string {
  if (time === null) return ''
  if (Number.isFinite(time)) return String(time)
  throw new TriggerkitError('StorageRefused', `${name}: ${time} is no time, so nothing was stored; give milliseconds, or null.`, { details: { name } })
}

/** What is written, list by list in the order of the script. */
function listsOf({ working, archive, receipts }: Change): readonly (readonly string[])[] {
  const receiptTexts = texts(receipts).filter((_, index) => index % 2 === 1)
  return [workingTexts(working.put), workingRemovals(working), texts(archive.put), removals(archive), receiptTexts]
}

export function toAnswer([letter, flat]: ScriptAnswer, now: number): CommitAnswer {
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
