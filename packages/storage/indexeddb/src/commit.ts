import type { CommitAnswer, SessionChange } from '@triggerkit/contracts'
import { toRecords, toStorable, type StorableChange } from '@triggerkit/session-records'

import type { SessionRow } from './schema.js'
import type { Scope } from './scope.js'

/** A change that can be stored, and the session that it is for. */
export interface Presented {
  readonly uid: string
  readonly storable: StorableChange
}

/** @throws `StorageRefused` naming the first record that JSON cannot hold */
export function toPresented({ uid, change }: SessionChange): Presented {
  return { uid, storable: toStorable(change) }
}

type Outcome<TAnswer = CommitAnswer> = TAnswer extends unknown ? Omit<TAnswer, 'now'> : never

/** Checks and writes several changes: those to one session one after the other, those to several at once. */
export async function commitAll(scope: Scope, changes: readonly Presented[], ttl: number | null): Promise<CommitAnswer[]> {
  const turns = new Map<string, Promise<unknown>>()
  const outcomes = await Promise.all(
    changes.map((presented) => {
      const turn = turns.get(presented.uid) ?? Promise.resolve()
      const answer = turn.then(() => commitOne(scope, presented, ttl))
      turns.set(presented.uid, answer)
      return answer
    }),
  )
  return outcomes.map((outcome) => ({ ...outcome, now: scope.told }))
}

async function commitOne(scope: Scope, presented: Presented, ttl: number | null): Promise<Outcome> {
  const { uid, storable } = presented
  const { commitId, expect, expectAbsent, read } = storable.change
  const [row, receipts] = await Promise.all([scope.find(uid), scope.receipts(uid, expectAbsent)])
  const expected = isExpected(row, expect)
  if (await scope.knowsCommit(uid, commitId, expected ? row : undefined)) {
    return { outcome: 'alreadyApplied', records: toRecords(await scope.read(row, read)) }
  }
  if (!expected) return { outcome: 'conflict', session: row === undefined ? null : await scope.toAnswer(row) }
  const present = [...receipts, ...(await scope.read(row, expectAbsent))]
  if (present.length > 0) return { outcome: 'present', records: toRecords(present) }
  const written = scope.write(row, presented, ttl)
  return { outcome: 'committed', records: toRecords(await scope.read(written, read)) }
}

export function isExpected(row: SessionRow | undefined, expected: { readonly incarnation: string; readonly number: number }): boolean {
  if (row === undefined) return expected.number === 0
  return row.number === expected.number && row.incarnation === expected.incarnation
}
