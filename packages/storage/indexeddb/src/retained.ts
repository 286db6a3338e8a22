import { RETENTION_MS } from '@triggerkit/contracts'

import { answerTo } from './requests.js'
import type { RetainedRow, TimeRow } from './schema.js'

/** How much text of commit ids and receipts comes together before they get a row of their own. */
const MOST_TEXT = 4_096

/** A list with nothing in it. */
const NOTHING = '[]'

/** Names a commit id (`c`) or a receipt (`r`) among those of all sessions. */
export function markOf(kind: 'c' | 'r', uid: string, key: string): string {
  return `${kind}${uid.length} ${uid}${key}`
}

/**
 * What is kept beyond the end of its session, for a while: commit ids and receipts. The latest lie in the row that each
 * transaction writes anyway; where they become many they move on, together, to a row of the period in which they were kept.
 * What was kept within the last {@link RETENTION_MS} lies in this period or in the one before; older rows go.
 */
export class Retained {
  readonly #store: IDBObjectStore
  readonly #before: TimeRow
  readonly #period: number
  /** What the row held, unless all of that is too old: a list in JSON, which hardly anybody needs to look into. */
  readonly #earlier: string
  readonly #now = new Map<string, string>()

  /** @param before - the row as it was, and `now` the transaction's time */
  constructor(store: IDBObjectStore, before: TimeRow, now: number) {
    this.#store = store
    this.#before = before
    this.#period = periodOf(now)
    this.#earlier = this.#period - periodOf(before.last) > 1 ? NOTHING : before.retained
  }

  /** What lies in the row itself. */
  latest(mark: string): string | undefined {
    return this.#now.get(mark) ?? (this.#earlier.includes(JSON.stringify(mark)) ? toMap(this.#earlier).get(mark) : undefined)
  }

  /** What lies anywhere. */
  async find(mark: string): Promise<string | undefined> {
    const latest = this.latest(mark)
    if (latest !== undefined) return latest
    const rows = await answerTo<RetainedRow[]>(this.#store.index('marks').getAll(mark))
    const row = rows.at(-1)
    return row !== undefined && row.period >= this.#period - 1 ? row.texts[row.marks.indexOf(mark)] : undefined
  }

  keep(mark: string, text: string): void {
    this.#now.set(mark, text)
  }

  /** Moves on what is to move on, and answers with what the transaction's row is to hold. */
  settle(): Pick<TimeRow, 'retained' | 'rows'> {
    const { last, rows } = this.#before
    const began = periodOf(last)
    const now = JSON.stringify([...this.#now])
    if (this.#period === began) {
      const all = joined(this.#earlier, now)
      return all.length > MOST_TEXT ? this.#move(all, began) : { retained: all, rows }
    }
    this.#store.delete(IDBKeyRange.upperBound([this.#period - 1]))
    return { ...this.#move(this.#earlier, began), retained: now }
  }

  #move(list: string, period: number): Pick<TimeRow, 'retained' | 'rows'> {
    const moved = toMap(list)
    const number = this.#before.rows
    const row: RetainedRow = { period, number, marks: [...moved.keys()], texts: [...moved.values()] }
    if (moved.size > 0) this.#store.put(row)
    return { retained: NOTHING, rows: number + 1 }
  }
}

/** Two lists in JSON as one. */
function joined(first: string, second: string): string {
  const comma = first === NOTHING || second === NOTHING ? '' : ','
  return first.slice(0, -1) + comma + second.slice(1)
}

function toMap(list: string): ReadonlyMap<string, string> {
  return new Map(JSON.parse(list) as [mark: string, text: string][])
}

function periodOf(now: number): number {
  return Math.floor(now / RETENTION_MS)
}
