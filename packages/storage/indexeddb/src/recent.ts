import type { StorableChange, Write } from '@triggerkit/session-records'

import type { SessionRow } from './schema.js'

/** How much text of its records a session's row holds at most, and how much one of them may have. */
const ROOM = 4_096
const LARGE = 1_024

/** Where a record lies: in the working set or in the archive. */
export type Place = 'w' | 'a'

/** Records and removals of both places: by place and key, written together. */
type Recent = Map<string, string | null>

interface Held {
  readonly recent: Recent
  /** What leaves the row, or never enters it. */
  readonly spill: readonly Write[]
  readonly spilled: string
}

/** The latest writes that lie in a session's own row. */
export function recentOf(row: SessionRow | undefined): Recent {
  return new Map(row === undefined ? [] : (JSON.parse(row.recent) as Write[]))
}

/** Those of one place, in the order in which they were written. */
export function* inPlace(recent: Recent, place: Place): Generator<Write> {
  for (const [key, text] of recent) if (key.startsWith(place)) yield [key.slice(1), text]
}

/** What the row says of a record: its text, `null` if it was removed, or nothing. */
export function heldText(recent: Recent, place: Place, key: string): string | null | undefined {
  return recent.get(place + key)
}

/** Whether anything of a place lies beside the row. */
export function isBeside({ spilled }: Pick<SessionRow, 'spilled'>, place: Place): boolean {
  return spilled.includes(place)
}

/**
 * Lays a change over what a row holds. What there is no room for leaves the row until it is half empty: what changes often stays, and
 * leaves no trace once it has been removed, and so does what every load needs.
 */
export function merge(row: SessionRow | undefined, { working, archive }: StorableChange): Held {
  const recent = recentOf(row)
  const before = { spilled: row?.spilled ?? '' }
  const spill: Write[] = []
  // Once anything lies beside the row, a removal must be remembered until it is carried out there.
  const write = (place: Place) => ([key, text]: Write): void => {
    recent.delete(place + key)
    if ((text?.length ?? 0) > LARGE) spill.push([place + key, text])
    else if (text !== null || isBeside(before, place)) recent.set(place + key, text)
  }
  working.forEach(write('w'))
  archive.forEach(write('a'))
  for (const key of overflow(recent)) {
    spill.push([key, recent.get(key) as string | null])
    recent.delete(key)
  }
  const spilled = [...new Set([...before.spilled, ...spill.map(([key]) => key.charAt(0))])].join('')
  return { recent, spill, spilled }
}

/**
 * What leaves the row: removals first, because they are carried out thereby, then the archive, then the working set; of each those that were
 * written longest ago. The working set stays whole where that leaves some room for the archive's next records.
 */
function overflow(recent: Recent): string[] {
  const size = (key: string): number => key.length + (recent.get(key)?.length ?? 0)
  const rank = (key: string): number => (recent.get(key) === null ? 0 : key < 'w' ? 1 : 2)
  let remaining = [...recent.keys()].reduce((sum, key) => sum + size(key), 0)
  if (remaining <= ROOM) return []
  const keys = [...recent.keys()].sort((left, right) => rank(left) - rank(right))
  const staying = keys.findIndex((key, index) => (remaining -= size(key)) <= (rank(keys[index + 1] ?? key) > 1 ? ROOM * 0.75 : ROOM / 2))
  return keys.slice(0, staying + 1)
}
