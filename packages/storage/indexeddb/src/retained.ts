import { RETENTION_MS, type Change } from '@triggerkit/contracts'
import type { StorableChange } from '@triggerkit/session-records'

import { answerTo } from './requests.js'
import type { RetainedRow, SessionRow } from './schema.js'

/** How much text of commit ids and receipts comes together before they get a row of their own. */
const MOST_TEXT = 4_096

/** A commit id (`c`), a receipt (`r`) or an incarnation (`i`), and what is kept under it. */
type Kept = readonly [mark: string, text: string]

/**
 * What is kept beyond the end of its session, for a while: commit ids and receipts. The latest lie in the row of the session,
 * which each commit writes anyway. Where they become many, and where the session ends, they move on, together, to a row of
 * their own. That goes once it is older than twice {@link RETENTION_MS}, and not at once: rows are numbered in the order of
 * their transactions, in which times may differ by a little.
 */
export class Retained {
  readonly #store: IDBObjectStore
  readonly #now: number

  /** @param now - the transaction's time */
  constructor(store: IDBObjectStore, now: number) {
    this.#store = store
    this.#now = now
  }

  /** Whether that very change was applied before: it has raised the version that it expects, and its id was kept with that. */
  async knows(uid: string, row: SessionRow | undefined, { commitId, expect }: Change): Promise<boolean> {
    const mark = `c${commitId}`
    const isHere = row?.incarnation === expect.incarnation && !row.revived && holdsCommitsSince(row, expect.number)
    return (isHere ? latestText(row, mark) : await this.#find(uid, row, mark)) !== undefined
  }

  /** Whether a session of that incarnation has ended: whoever made it anew has not heard of that. */
  async hasLived(uid: string, incarnation: string): Promise<boolean> {
    return (await this.#find(uid, undefined, `i${incarnation}`)) !== undefined
  }

  receipt(uid: string, row: SessionRow | undefined, key: string): Promise<string | undefined> {
    return this.#find(uid, row, `r${key}`)
  }

  /** What the session's row is to hold once the id and the receipts of a change are kept, too. */
  keep(before: SessionRow | undefined, { change: { commitId }, receipts }: StorableChange): string {
    const list = JSON.stringify([[`c${commitId}`, ''], ...[...receipts].map(([key, text]) => [`r${key}`, text])])
    if (before === undefined) return list
    const all = joined(before.retained, list)
    if (all.length <= MOST_TEXT) return all
    this.moveOn(before)
    return list
  }

  /** Moves on what the row of a session holds. */
  moveOn({ uid, incarnation, retained }: SessionRow): void {
    const moved = toMap(retained).set(`i${incarnation}`, '')
    const marks = [...moved.keys()].map((mark) => ofSession(uid, mark))
    this.#store.put({ movedAt: this.#now, marks, texts: [...moved.values()] } satisfies RetainedRow)
  }

  /** Forgets what moved on and is too old, if a period began since that time. */
  async forgetOld(before: number): Promise<void> {
    if (periodOf(before) === periodOf(this.#now)) return
    const old = await answerTo(this.#store.index('movedAt').getAllKeys(IDBKeyRange.upperBound(this.#now - 2 * RETENTION_MS)))
    if (old.length > 0) this.#store.delete(IDBKeyRange.upperBound(old.at(-1)))
  }

  /** What lies in the session's row, or moved on. */
  async #find(uid: string, row: SessionRow | undefined, mark: string): Promise<string | undefined> {
    const latest = latestText(row, mark)
    if (latest !== undefined) return latest
    const moved = ofSession(uid, mark)
    const rows = await answerTo<RetainedRow[]>(this.#store.index('marks').getAll(moved))
    const last = rows.at(-1)
    return last?.texts[last.marks.indexOf(moved)]
  }
}

/** What the row of a session itself holds under a mark. */
function latestText(row: SessionRow | undefined, mark: string): string | undefined {
  if (row === undefined || !row.retained.includes(JSON.stringify(mark))) return undefined
  return toMap(row.retained).get(mark)
}

/** Whether the row of a session holds the ids of all its commits beyond that version: each has kept one. */
function holdsCommitsSince({ number, retained }: SessionRow, since: number): boolean {
  // What a mark or a text holds of quotes is escaped.
  const commits = retained.split('["c').length - 1
  return number - since <= commits
}

/** A mark among those of all sessions. */
function ofSession(uid: string, mark: string): string {
  return `${uid.length} ${uid}${mark}`
}

/** Two lists in JSON, neither of them empty, as one. */
function joined(first: string, second: string): string {
  return `${first.slice(0, -1)},${second.slice(1)}`
}

function toMap(list: string): Map<string, string> {
  return new Map(JSON.parse(list) as Kept[])
}

function periodOf(time: number): number {
  return Math.floor(time / RETENTION_MS)
}
