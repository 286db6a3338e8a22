import type { JsonValue } from '@triggerkit/contracts'
import type { Instance, Session, Task, TaskCounters } from './state.js'

/** What a transition changes, as a patch: only what it touched. */
export interface Changes {
  readonly session: Session | null
  readonly tasks: ReadonlyMap<string, Task>
  readonly counters: ReadonlyMap<string, TaskCounters>
  readonly latest: ReadonlyMap<string, string>
  readonly instances: ReadonlyMap<string, Instance>
  /** Records for the archive beside the instances: firings, payloads, old configurations, log marks. `null` removes. */
  readonly archive: ReadonlyMap<string, JsonValue | null>
  readonly receipts: ReadonlyMap<string, JsonValue>
  /** Keys under which nothing may exist yet, or the command was given before. */
  readonly expectAbsent: readonly string[]
}

/** Changes still being made. */
export class ChangeSet implements Changes {
  session: Session | null = null
  readonly tasks: Map<string, Task> = new Map()
  readonly counters: Map<string, TaskCounters> = new Map()
  readonly latest: Map<string, string> = new Map()
  readonly instances: Map<string, Instance> = new Map()
  readonly archive: Map<string, JsonValue | null> = new Map()
  readonly receipts: Map<string, JsonValue> = new Map()
  readonly expectAbsent: string[] = []
}
