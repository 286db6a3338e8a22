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

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>()

/** Changes still being made. Most touch few parts, so a part's map is made with its first entry. */
export class ChangeSet implements Changes {
  session: Session | null = null
  tasks: ReadonlyMap<string, Task> = NOTHING
  counters: ReadonlyMap<string, TaskCounters> = NOTHING
  latest: ReadonlyMap<string, string> = NOTHING
  instances: ReadonlyMap<string, Instance> = NOTHING
  archive: ReadonlyMap<string, JsonValue | null> = NOTHING
  receipts: ReadonlyMap<string, JsonValue> = NOTHING
  readonly expectAbsent: string[] = []
}

/** A part with one more entry. Parts are only ever made here, so that all but the shared empty one may be written to. */
export function added<TValue>(part: ReadonlyMap<string, TValue>, key: string, value: TValue): ReadonlyMap<string, TValue> {
  return ((part === NOTHING ? new Map() : part) as Map<string, TValue>).set(key, value)
}

/** A part with the entries of another. */
export function joined<TValue>(part: ReadonlyMap<string, TValue>, others: ReadonlyMap<string, TValue>): ReadonlyMap<string, TValue> {
  let all = part
  others.forEach((value, key) => {
    all = added(all, key, value)
  })
  return all
}

/** Takes an entry out of a part. */
export function removed(part: ReadonlyMap<string, unknown>, key: string): void {
  ;(part as Map<string, unknown>).delete(key)
}

/** Whether nothing would be written. */
export function isEmpty({ session, tasks, counters, latest, instances, archive, receipts }: Changes): boolean {
  return session === null && [tasks, counters, latest, instances, archive, receipts].every(({ size }) => size === 0)
}
