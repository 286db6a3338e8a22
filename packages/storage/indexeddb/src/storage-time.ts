import { periodOf, retainedBefore } from './keys.js'
import type { TimeRow, Transaction } from './schema.js'
import { unawaited } from './unawaited.js'

/** What the clocks of two processes may differ by without anybody having set one back, in milliseconds. */
const TOLERANCE_MS = 1_000

/**
 * The storage's time, one for a whole transaction: the wall clock, which all tabs share, but never earlier than any answer
 * before. Each transaction writes its time down, because nothing else would tell a tab that opens after somebody set the
 * clock back; from then on time goes on from where it was.
 *
 * @param keep - `false` where there is no room even for that
 */
export async function tick(transaction: Transaction, clock: () => number, keep: boolean): Promise<number> {
  const store = transaction.objectStore('time')
  const before = (await store.get('now')) ?? { last: 0, ahead: 0 }
  const after = follow(before, Math.floor(clock()))
  if (!keep || after === before) return after.last
  unawaited(store.put(after, 'now'))
  const period = periodOf(after.last)
  if (period !== periodOf(before.last)) unawaited(transaction.objectStore('retained').delete(retainedBefore(period - 1)))
  return after.last
}

function follow(before: TimeRow, clock: number): TimeRow {
  const behind = before.last - (clock + before.ahead)
  if (behind < 0) return { last: clock + before.ahead, ahead: before.ahead }
  return behind > TOLERANCE_MS ? { last: before.last, ahead: before.ahead + behind } : before
}
