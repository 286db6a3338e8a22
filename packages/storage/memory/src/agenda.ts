/** What an {@link Agenda} holds: a subject and its time. Its owner makes it once and moves it about. */
export interface Appointment<TSubject> {
  readonly subject: TSubject
  /** The time, while it is on an agenda. */
  at: number
  /** Where the agenda keeps it; -1 while it is on none. */
  position: number
}

export function appointment<TSubject>(subject: TSubject): Appointment<TSubject> {
  return { subject, at: Number.POSITIVE_INFINITY, position: -1 }
}

/**
 * Appointments by time: a binary heap whose members know their positions, so that moving one costs O(log n) and leaves
 * nothing stale behind.
 */
export class Agenda<TSubject> {
  readonly #heap: Appointment<TSubject>[] = []

  get first(): Appointment<TSubject> | undefined {
    return this.#heap[0]
  }

  /** Puts an appointment on the agenda, or moves it if it is there. */
  schedule(item: Appointment<TSubject>, at: number): void {
    if (item.position === -1) item.position = this.#heap.push(item) - 1
    else if (item.at === at) return
    item.at = at
    this.#settle(item)
  }

  cancel(item: Appointment<TSubject>): void {
    if (item.position === -1) return
    const last = this.#heap.pop()
    if (last !== undefined && last !== item) {
      this.#place(last, item.position)
      this.#settle(last)
    }
    item.position = -1
  }

  #settle(item: Appointment<TSubject>): void {
    this.#rise(item)
    this.#sink(item)
  }

  #rise(item: Appointment<TSubject>): void {
    while (item.position > 0) {
      const parent = this.#heap[(item.position - 1) >> 1]
      if (parent === undefined || parent.at <= item.at) return
      this.#swap(parent, item)
    }
  }

  #sink(item: Appointment<TSubject>): void {
    for (;;) {
      const child = this.#earlierChild(item.position)
      if (child === undefined || child.at >= item.at) return
      this.#swap(item, child)
    }
  }

  #earlierChild(position: number): Appointment<TSubject> | undefined {
    const left = this.#heap[2 * position + 1]
    const right = this.#heap[2 * position + 2]
    return right !== undefined && left !== undefined && right.at < left.at ? right : left
  }

  #swap(upper: Appointment<TSubject>, lower: Appointment<TSubject>): void {
    const { position } = upper
    this.#place(upper, lower.position)
    this.#place(lower, position)
  }

  #place(item: Appointment<TSubject>, position: number): void {
    this.#heap[position] = item
    item.position = position
  }
}
