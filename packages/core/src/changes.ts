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
  readonly expectAbsent: ReadonlySet<string>
}

const KEYED = ['tasks', 'counters', 'latest', 'instances', 'archive', 'receipts'] as const

/** Changes still being made. */
export class ChangeSet implements Changes {
  session: Session | null = null
  readonly tasks: Map<string, Task> = new Map()
  readonly counters: Map<string, TaskCounters> = new Map()
  readonly latest: Map<string, string> = new Map()
  readonly instances: Map<string, Instance> = new Map()
  readonly archive: Map<string, JsonValue | null> = new Map()
  readonly receipts: Map<string, JsonValue> = new Map()
  readonly expectAbsent: Set<string> = new Set()

  /** Takes over later changes. */
  absorb(changes: Changes): void {
    this.session = changes.session ?? this.session
    for (const part of KEYED) for (const [key, value] of changes[part]) this[part].set(key, value as never)
    for (const key of changes.expectAbsent) this.expectAbsent.add(key)
  }
}

/** Whether nothing would be written. */
export function isEmpty(changes: Changes): boolean {
  return changes.session === null && KEYED.every((part) => changes[part].size === 0)
}

/** The entry of a map of maps, made if it isn't there. */
export function bucket<TValue>(buckets: Map<string, Map<string, TValue>>, key: string): Map<string, TValue> {
  let found = buckets.get(key)
  if (found === undefined) buckets.set(key, (found = new Map()))
  return found
}
