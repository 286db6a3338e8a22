import type { Task } from 'triggerkit'

import type { BadLine, ReplayEvent } from './event.js'

/** A workflow with events to try it on. */
export interface Preset {
  /** Where the events come from, in words. */
  readonly title: string
  /** The file of the configuration. */
  readonly configuration: URL
  readonly tasks: readonly Task[]
  readonly events: AsyncIterable<ReplayEvent | BadLine>
  readonly total: number
}
