import type { JsonObject } from '@triggerkit/contracts'

import type { TaskBook } from './task-book.js'

/** Something that runs a task for a session once both of its events have come, in whichever order. */
export interface Peer {
  readonly name: string
  /** What its task writes down. */
  readonly book: TaskBook
  /** Resolves when the event is kept, and the task handed over if it was the second. */
  event(uid: string, name: EventName, kwargs: JsonObject): Promise<unknown>
  close(): Promise<void>
}

export type EventName = 'A' | 'B'

/** What a peer is made with. */
export interface Ground {
  /** The address of the Redis that all of them use. */
  readonly url: string
  /** How many tasks run at once. */
  readonly concurrency: number
}
