import type { Version } from '@triggerkit/contracts'
import type { Command } from '@triggerkit/core'

/** A command as it entered a change, with the inputs of its transition. */
export interface RecordedCommand {
  readonly command: Command
  readonly now: number
  readonly owner: string | null
  readonly manager: string
  /** The firing ids that the transition drew, in order. */
  readonly ids: readonly string[]
}

/** What a change was made of: enough to fold it again through the pure core. */
export interface RecordedChange {
  readonly uid: string
  readonly commitId: string
  /** The version that the change builds on. */
  readonly expect: Version
  readonly commands: readonly RecordedCommand[]
}

/** Receives every change before it is presented to the storage. Nothing that it does is stored in the session. */
export interface Recorder {
  record(change: RecordedChange): void
}
