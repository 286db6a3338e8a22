import type { CommitAnswer, SessionChange } from '@triggerkit/contracts'
import { toRecords, toStorable, type StorableChange } from '@triggerkit/session-records'

import type { SessionRow } from './schema.js'
import type { Scope } from './scope.js'

type Outcome<TAnswer = CommitAnswer> = TAnswer extends unknown ? Omit<TAnswer, 'now'> : never

/** A change to a session as it was when it was handed over: whoever did may go on with what he has. */
export interface Commit {
  readonly uid: string
  readonly storable: StorableChange
}

/** @throws `StorageRefused` naming the first record that JSON cannot hold */
export function toCommit({ uid, change }: SessionChange): Commit {
  const { expect, expectAbsent, read } = change
  return { uid, storable: toStorable({ ...change, expect: { ...expect }, expectAbsent: [...expectAbsent], read: [...read] }) }
}

/** How many bytes the keys and texts of changes take as UTF-8. What the database adds is its own affair. */
export function sizeOf(commits: readonly Commit[]): number {
  const texts = commits.flatMap(({ storable: { working, archive, receipts } }) => [working, archive, receipts].flat(2))
  return new Blob(texts.map((text) => text ?? '')).size
}

/** Checks and writes several changes: those to one session one after the other, those to several at once. */
export async function commitAll(scope: Scope, commits: readonly Commit[], ttl: number | null): Promise<CommitAnswer[]> {
  const turns = new Map<string, Promise<unknown>>()
  const outcomes = await Promise.all(
    commits.map((commit) => {
      const turn = turns.get(commit.uid)
      const answer = turn === undefined ? commitOne(scope, commit, ttl) : turn.then(() => commitOne(scope, commit, ttl))
      turns.set(commit.uid, answer)
      return answer
    }),
  )
  return outcomes.map((outcome) => ({ ...outcome, now: scope.told }))
}

async function commitOne(scope: Scope, { uid, storable }: Commit, ttl: number | null): Promise<Outcome> {
  const { change } = storable
  const row = await scope.find(uid)
  if (await scope.knowsCommit(uid, row, change)) return { outcome: 'alreadyApplied', records: toRecords(await scope.read(row, change.read)) }
  if (!isExpected(row, change.expect)) return { outcome: 'conflict', session: await scope.toConflict(row) }
  const present = [...(await scope.receipts(uid, row, change.expectAbsent)), ...(await scope.read(row, change.expectAbsent))]
  if (present.length > 0) return { outcome: 'present', records: toRecords(present) }
  const written = await scope.write(uid, row, storable, ttl)
  return { outcome: 'committed', records: toRecords(await scope.read(written, change.read)) }
}

export function isExpected(row: SessionRow | undefined, expected: { readonly incarnation: string; readonly number: number }): boolean {
  if (row === undefined) return expected.number === 0
  return row.number === expected.number && row.incarnation === expected.incarnation
}
