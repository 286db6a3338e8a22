import type { CommitAnswer, SessionChange } from '@triggerkit/contracts'

import { toRecords, toStorable, type StorableChange } from './records.js'
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

/** Checks and writes several changes: those to one session one after the other, those to several at once. */
export async function commitAll(scope: Scope, changes: readonly Presented[], ttl: number | null): Promise<CommitAnswer[]> {
  const turns = new Map<string, Promise<unknown>>()
  return Promise.all(
    changes.map((presented) => {
      const turn = turns.get(presented.uid) ?? Promise.resolve()
      const answer = turn.then(() => commitOne(scope, presented, ttl))
      turns.set(presented.uid, answer)
      return answer
    }),
  )
}

async function commitOne(scope: Scope, { uid, storable }: Presented, ttl: number | null): Promise<CommitAnswer> {
  const { commitId, expect, expectAbsent, read } = storable.change
  // All at once: waiting for an answer costs more than looking something up in vain.
  const [row, known, receipts, archived] = await Promise.all([
    scope.find(uid),
    scope.knowsCommit(uid, commitId),
    scope.receipts(uid, expectAbsent),
    scope.read(uid, expectAbsent),
  ])
  const { now } = scope
  if (known) return { outcome: 'alreadyApplied', now, records: toRecords(row === undefined ? [] : await scope.read(uid, read)) }
  if (!isExpected(row, expect)) return { outcome: 'conflict', now, session: row === undefined ? null : await scope.toAnswer(row) }
  const present = row === undefined ? receipts : [...receipts, ...archived]
  if (present.length > 0) return { outcome: 'present', now, records: toRecords(present) }
  scope.write(uid, storable, ttl)
  return { outcome: 'committed', now, records: toRecords(await scope.read(uid, read)) }
}

export function isExpected(row: SessionRow | undefined, expected: { readonly incarnation: string; readonly number: number }): boolean {
  if (row === undefined) return expected.number === 0
  return row.number === expected.number && row.incarnation === expected.incarnation
}
