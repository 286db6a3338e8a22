import type { CommitAnswer, SessionChange } from '@triggerkit/contracts'
import { toRecords, toStorable } from '@triggerkit/session-records'

import type { SessionRow } from './schema.js'
import type { Scope } from './scope.js'

type Outcome<TAnswer = CommitAnswer> = TAnswer extends unknown ? Omit<TAnswer, 'now'> : never

/**
 * Checks and writes several changes: those to one session one after the other, those to several at once.
 * @throws `StorageRefused` naming the first record that JSON cannot hold
 */
export async function commitAll(scope: Scope, changes: readonly SessionChange[], ttl: number | null): Promise<CommitAnswer[]> {
  const turns = new Map<string, Promise<unknown>>()
  const outcomes = await Promise.all(
    changes.map((change) => {
      const turn = turns.get(change.uid)
      const answer = turn === undefined ? commitOne(scope, change, ttl) : turn.then(() => commitOne(scope, change, ttl))
      turns.set(change.uid, answer)
      return answer
    }),
  )
  return outcomes.map((outcome) => ({ ...outcome, now: scope.told }))
}

async function commitOne(scope: Scope, { uid, change }: SessionChange, ttl: number | null): Promise<Outcome> {
  // Written out as text while the database looks.
  const [row, storable] = await Promise.all([scope.find(uid), Promise.resolve(change).then(toStorable)])
  if (await scope.knowsCommit(uid, row, change)) return { outcome: 'alreadyApplied', records: toRecords(await scope.read(row, change.read)) }
  if (!isExpected(row, change.expect)) return { outcome: 'conflict', session: row === undefined ? null : await scope.toAnswer(row) }
  const present = [...(await scope.receipts(uid, row, change.expectAbsent)), ...(await scope.read(row, change.expectAbsent))]
  if (present.length > 0) return { outcome: 'present', records: toRecords(present) }
  const written = await scope.write(uid, row, storable, ttl)
  return { outcome: 'committed', records: toRecords(await scope.read(written, change.read)) }
}

export function isExpected(row: SessionRow | undefined, expected: { readonly incarnation: string; readonly number: number }): boolean {
  if (row === undefined) return expected.number === 0
  return row.number === expected.number && row.incarnation === expected.incarnation
}
