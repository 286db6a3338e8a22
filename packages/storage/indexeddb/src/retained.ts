import { RETENTION_MS } from '@triggerkit/contracts'

import { answerTo } from './requests.js'
import type { RetainedRow, TimeRow } from './schema.js'

/** How many commit ids and receipts come together before they get a row of their own, and how much text. */
const MOST_MARKS = 64
const MOST_TEXT = 4_096

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
  /** What the row held, unless all of that is too old. */
  readonly #earlier: ReadonlyMap<string, string>
  readonly #now = new Map<string, string>()

  /** @param before - the row as it was, and `now` the transaction's time */
  constructor(store: IDBObjectStore, before: TimeRow, now: number) {
    this.#store = store
    this.#before = before
    this.#period = periodOf(now)
    this.#earlier = this.#period - periodOf(before.last) > 1 ? new Map() : new Map(JSON.parse(before.retained) as [mark: string, text: string][])
  }

  /** What lies in the row itself. */
  latest(mark: string): string | undefined {
    return this.#now.get(mark) ?? this.#earlier.get(mark)
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
    const all = new Map([...this.#earlier, ...this.#now])
    const began = periodOf(last)
    if (this.#period === began) return isFull(all) ? this.#move(all, began) : { retained: toJson(all), rows }
    this.#store.delete(IDBKeyRange.upperBound([this.#period - 1]))
    return { ...this.#move(this.#earlier, began), retained: toJson(this.#now) }
  }

  #move(moved: ReadonlyMap<string, string>, period: number): Pick<TimeRow, 'retained' | 'rows'> {
    const number = this.#before.rows
    const row: RetainedRow = { period, number, marks: [...moved.keys()], texts: [...moved.values()] }
    if (moved.size > 0) this.#store.put(row)
    return { retained: '[]', rows: number + 1 }
  }
}

function toJson(marks: ReadonlyMap<string, string>): string {
  return JSON.stringify([...marks])
}

function isFull(marks: ReadonlyMap<string, string>): boolean {
  const text = [...marks].reduce((sum, [mark, text]) => sum + mark.length + text.length, 0)
  return marks.size > MOST_MARKS || text > MOST_TEXT
}

function periodOf(now: number): number {
  return Math.floor(now / RETENTION_MS)
}
