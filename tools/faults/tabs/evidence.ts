import type { Change } from '@triggerkit/contracts'
import type { ExportedSession, RecordedChange } from '@triggerkit/engine'

/** A change as it was presented to the storage, and what it was made of. */
export interface Presented {
  readonly change: Change
  readonly recorded: RecordedChange
}

/** A session as it lies in the database. */
export interface Stored {
  readonly version: number
  readonly session: ExportedSession
  /** The ids of all changes that were applied to it. */
  readonly commitIds: readonly string[]
}
