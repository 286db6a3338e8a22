import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject, JsonValue, Patch, Records } from '@triggerkit/contracts'
import { ChangeSet } from './changes.js'
import type { Changes } from './changes.js'
import { namedKey, placeKey, SESSION_KEY, taskKey } from './keys.js'
import { isResolved } from './selectors.js'
import { SessionState } from './session-state.js'
import { BLANK_INSTANCE } from './state.js'
import type { Instance, Session, Task, TaskCounters } from './state.js'
import type { View } from './view.js'

/** Format of the records that this release writes. It reads its own and, once there is one, the one before. */
export const RECORD_FORMAT = 1

/** A change to a session's records. */
export interface RecordChanges {
  readonly working: Patch
  readonly archive: Patch
}

/** What a change means for the records, `before` being the state that it builds on. */
export function toRecords(changes: Changes, before: View): RecordChanges {
  const working = new PatchBuilder()
  const archive = new PatchBuilder()
  const indexOf = (task: string): number => ((changes.tasks.get(task) ?? before.task(task)) as Task).index
  if (changes.session !== null) working.set(SESSION_KEY, changes.session)
  for (const task of changes.tasks.values()) working.set(taskKey('t', task.index), task)
  for (const [task, counters] of changes.counters) working.set(taskKey('n', indexOf(task)), { task, ...counters })
  for (const [trigger, firing] of changes.latest) working.set(namedKey('l', trigger), firing)
  for (const instance of changes.instances.values()) {
    const { name, task, number, status } = instance
    const key = placeKey('i', indexOf(task), number)
    const [home, elsewhere] = isResolved(status) ? [archive, working] : [working, archive]
    home.set(key, encodeInstance(instance))
    // The state before may or may not know resolved instances.
    const wasResolved = isResolved(before.instance(name)?.status ?? 'finished')
    const isNew = number >= before.counters(task).count
    if (!isNew && wasResolved !== isResolved(status)) elsewhere.set(key, null)
  }
  for (const [key, record] of changes.archive) archive.set(key, record)
  return { working, archive }
}

class PatchBuilder implements Patch {
  readonly put: Map<string, JsonValue> = new Map()
  readonly remove: string[] = []

  set(key: string, record: object | JsonValue): void {
    if (record === null) this.remove.push(key)
    else this.put.set(key, record as JsonValue)
  }
}

/**
 * The state that a working set holds.
 * @throws `UnsupportedFormat` if a newer release wrote it
 */
export function fromRecords(working: Records): SessionState {
  const state = new SessionState()
  const changes = new ChangeSet()
  for (const [key, record] of working as ReadonlyMap<string, unknown>) {
    const kind = key[0]
    if (kind === SESSION_KEY) changes.session = checkFormat(record as Session)
    else if (kind === 't') changes.tasks.set((record as Task).name, record as Task)
    else if (kind === 'n') changes.counters.set((record as { task: string }).task, record as TaskCounters)
    else if (kind === 'l') changes.latest.set(key.slice(2), record as string)
    else changes.instances.set((record as Instance).name, decodeInstance(record as JsonValue))
  }
  state.apply(changes)
  return state
}

function checkFormat(session: Session): Session {
  const { format } = session
  if (format === RECORD_FORMAT) return session
  throw new TriggerkitError('UnsupportedFormat', `Record format ${format} needs a newer release.`, { details: { format } })
}

const FIELDS = Object.keys(BLANK_INSTANCE) as (keyof Instance)[]

// Values that were never set are the blank ones themselves, so that identity tells them.
function encodeInstance(instance: Instance): JsonObject {
  const record: Record<string, JsonValue> = {}
  for (const field of FIELDS) {
    const value = instance[field]
    if (value !== BLANK_INSTANCE[field]) record[field] = value as JsonValue
  }
  return record
}

/** An instance from its record. */
export function decodeInstance(record: JsonValue): Instance {
  return { ...BLANK_INSTANCE, ...(record as object) } as Instance
}
