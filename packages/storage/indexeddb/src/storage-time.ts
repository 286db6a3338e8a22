import type { TimeRow } from './schema.js'

/** What the clocks of two processes may differ by without anybody having set one back, in milliseconds. */
const TOLERANCE_MS = 1_000

/** How far the time that is written down may lie behind the clock before it is worth a write of its own, in milliseconds. */
const TICK_MS = 50

/**
 * The storage's time, one for a whole transaction: the wall clock, which all tabs share, but never earlier than any answer
 * before. What is told was written down before, because nothing else would tell a tab that opens after somebody set the
 * clock back; from then on time goes on from where it was.
 */
export function follow({ last, ahead }: TimeRow, clock: number): TimeRow {
  const now = Math.floor(clock) + ahead
  const behind = last - now
  if (behind < 0) return { last: now, ahead }
  return { last, ahead: behind > TOLERANCE_MS ? ahead + behind : ahead }
}

/** Whether what is written down will do: a transaction may then tell that time, and needs to write none. */
export function isFresh(written: TimeRow, { last, ahead }: TimeRow): boolean {
  return ahead === written.ahead && last - written.last <= TICK_MS
}
