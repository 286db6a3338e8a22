import type { Change, JsonValue, Patch } from '@triggerkit/contracts'
import type { ExportedSession, RecordedChange } from '@triggerkit/engine'

/*
 * What tabs tell the run that drives them, as plain data.
 */

type Entries = readonly (readonly [key: string, record: JsonValue])[]

/** A change as it was presented to the storage, and the commands that it was made of. */
export interface Presented extends RecordedChange {
  readonly working: { readonly put: Entries; readonly remove: readonly string[] }
  readonly archive: { readonly put: Entries; readonly remove: readonly string[] }
  readonly receipts: Entries
}

/** A session as it lies in the database. */
export interface Stored {
  readonly version: number
  readonly session: ExportedSession
  /** The ids of all changes that were applied to it. */
  readonly commitIds: readonly string[]
}

export function toPresented(recorded: RecordedChange, { working, archive, receipts }: Change): Presented {
  return { ...recorded, ...toPatches({ working, archive }), receipts: [...receipts] }
}

export function toPatches({ working, archive }: { readonly working: Patch; readonly archive: Patch }): Pick<Presented, 'working' | 'archive'> {
  return { working: toEntries(working), archive: toEntries(archive) }
}

function toEntries({ put, remove }: Patch): Presented['working'] {
  return { put: [...put], remove }
}
