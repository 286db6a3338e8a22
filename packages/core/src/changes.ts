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

  /** Takes over later changes, but for those of tasks and instances, which others keep an eye on. */
  absorb({ session, counters, latest, archive, receipts, expectAbsent }: Omit<Changes, 'tasks' | 'instances'>): void {
    this.session = session ?? this.session
    copy(counters, this.counters)
    copy(latest, this.latest)
    copy(archive, this.archive)
    copy(receipts, this.receipts)
    for (const key of expectAbsent) this.expectAbsent.add(key)
  }
}

function copy<TValue>(from: ReadonlyMap<string, TValue>, to: Map<string, TValue>): void {
  for (const [key, value] of from) to.set(key, value)
}

/** Whether nothing would be written. */
export function isEmpty({ session, tasks, counters, latest, instances, archive, receipts }: Changes): boolean {
  return session === null && [tasks, counters, latest, instances, archive, receipts].every(({ size }) => size === 0)
}

/** The entry of a map of maps, made if it isn't there. */
export function bucket<TValue>(buckets: Map<string, Map<string, TValue>>, key: string): Map<string, TValue> {
  let found = buckets.get(key)
  if (found === undefined) buckets.set(key, (found = new Map()))
  return found
}

export function listOf<TValue>(entries: ReadonlyMap<string, TValue> | undefined): TValue[] {
  return [...(entries?.values() ?? [])]
}
