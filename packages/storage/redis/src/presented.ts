import { TriggerkitError, type Change, type CommitAnswer, type SessionChange } from '@triggerkit/contracts'

import { encode, memberOf, type Keys } from './keys.js'
import { removals, texts, toRecords, toSession, versionText, workingRemovals, workingTexts } from './records.js'

/** A change as the commit script takes it. */
export interface PresentedChange {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** What the commit script answers for one change: a letter, and keys and texts by turns where there are any. */
export type ScriptAnswer = readonly [letter: 'A' | 'C' | 'P' | 'X', flat?: readonly string[]]

/** @throws `StorageRefused` naming what cannot be stored: the first record that JSON cannot hold, a time that is no number */
export function presented({ uid, change }: SessionChange, keys: Keys, ttl: number | null): PresentedChange {
  const member = memberOf(uid)
  const start = keys.start(member)
  const { working, archive, receipts, expectAbsent, read } = change
  const lists = [workingTexts(working.put), workingRemovals(working), texts(archive.put), removals(archive), [...texts(receipts)].filter((_, index) => index % 2 === 1), expectAbsent.map(encode), read.map(encode)]
  return {
    keys: [...keys.session(member).slice(0, 4), keys.commitId(start, change.commitId), ...[...receipts.keys(), ...expectAbsent].map((key) => keys.receipt(start, key))],
    args: [headOf(change, lists, ttl), change.expect.number === 0 ? '' : versionText(change.expect), member, ...lists.flat()],
  }
}

function headOf({ expect: { incarnation, number }, wakeAt, ttl }: Change, lists: readonly (readonly string[])[], usual: number | null): string {
  const counts = lists.map(({ length }) => length).join(' ')
  return `${counts} ${timeText(wakeAt, 'wakeAt')} ${timeText(ttl ?? usual, 'ttl')} ${versionText({ incarnation, number: number + 1 })}`
}

/** A time as scripts take it, empty for none: one that Redis can't read would stop a script amid its writes. */
export function timeText(time: number | null, name: string): string {
  if (time === null) return ''
  if (Number.isFinite(time)) return String(time)
  throw new TriggerkitError('StorageRefused', `${name}: ${time} is no time, so nothing was stored; give milliseconds, or null.`, { details: { name } })
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
