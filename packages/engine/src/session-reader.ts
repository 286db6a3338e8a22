import { LOG_LEVELS, TriggerkitError } from '@triggerkit/contracts'
import type { JsonValue, Records } from '@triggerkit/contracts'
import { decodeInstance, fromRecords, parseInstanceName, placeKey, SessionState } from '@triggerkit/core'
import type { Instance, Task } from '@triggerkit/core'
import type { Engine } from './engine.js'
import { viewKeys, viewOf } from './instance-view.js'
import type { InstanceView } from './instance-view.js'
import { unknownInstance } from './unknown-names.js'

/** How many records are asked for at once. */
export const PAGE = 500
/** How often something is read anew because the session changed meanwhile. */
const MAX_RESTARTS = 5

/** A page of a list. */
export interface Paging {
  /** The name of the instance after which the page begins. Default: the beginning. */
  readonly after?: string
  /** The maximum number of items, from 1 up. Default: all. */
  readonly limit?: number
}

/** A part of a list, with its default filled in. */
export interface Part {
  readonly after: string | undefined
  readonly limit: number
}

/** @throws `InvalidArgument` for a limit that is no whole number from 1 up */
export function partOf({ after, limit = Infinity }: Paging = {}): Part {
  if (limit > 0 && (Number.isInteger(limit) || limit === Infinity)) return { after, limit }
  throw new TriggerkitError('InvalidArgument', `limit: ${String(limit)} is invalid; give a whole number from 1 up.`, { details: { name: 'limit' } })
}

/**
 * Reads what takes several round trips, anew if the session changed in between. One that changes all the time is not waited for
 * for ever: the last answer counts.
 */
export async function readWhole<TAnswer>(engine: Engine, uid: string, read: (reader: SessionReader) => Promise<TAnswer>): Promise<TAnswer> {
  for (let restarts = 0; ; restarts += 1) {
    const { session } = await engine.call(() => engine.settings.storage.load(uid))
    const state = session === null ? new SessionState() : fromRecords(session.working)
    const reader = new SessionReader(engine, uid, { state, version: session?.version.number ?? 0, wakeAt: session?.wakeAt ?? null })
    try {
      const answer = await read(reader)
      if (!reader.changed || restarts === MAX_RESTARTS) return answer
    } catch (error) {
      if (!reader.changed || restarts === MAX_RESTARTS) throw error
    }
  }
}

/** A session as it lies in the storage at one moment. */
export interface Moment {
  readonly state: SessionState
  readonly version: number
  readonly wakeAt: number | null
}

/** Reads from the archive what belongs to a session as it was loaded. */
export class SessionReader implements Moment {
  readonly state: SessionState
  readonly version: number
  readonly wakeAt: number | null
  /** Whether the session was found changed since it was loaded. */
  changed = false
  readonly #engine: Engine
  readonly #uid: string

  constructor(engine: Engine, uid: string, { state, version, wakeAt }: Moment) {
    this.#engine = engine
    this.#uid = uid
    this.state = state
    this.version = version
    this.wakeAt = wakeAt
  }

  /** The archived records under those keys. */
  async read(keys: readonly string[]): Promise<Records> {
    if (keys.length === 0) return new Map()
    const { storage } = this.#engine.settings
    return (await this.#engine.call(() => storage.read(this.#uid, [...new Set(keys)]))).records
  }

  /** Archived records in the order of their keys: at most `limit` after a key, or a page more. */
  async list(prefix: string, after: string, limit: number): Promise<Map<string, JsonValue>> {
    const { storage } = this.#engine.settings
    const found = new Map<string, JsonValue>()
    for (let from = after; found.size < limit; ) {
      const page = { prefix, after: from, limit: Math.min(PAGE, limit - found.size) }
      const { records, more, version } = await this.#engine.call(() => storage.list(this.#uid, page))
      this.changed ||= (version?.number ?? 0) !== this.version
      for (const [key, record] of records) found.set((from = key), record)
      if (!more) break
    }
    return found
  }

  /** The instances of those names. @throws `UnknownInstance` */
  async instances(names: readonly string[]): Promise<readonly Instance[]> {
    const archived = names.filter((name) => this.state.instance(name) === undefined)
    const records = await this.read(archived.map((name) => this.keyOf(name)))
    return names.map((name) => {
      const instance = this.state.instance(name) ?? decoded(records.get(this.keyOf(name)))
      if (instance !== undefined) return instance
      this.changed = true // it was resolved when the session was loaded, and no longer is
      throw unknownInstance(this.state, name)
    })
  }

  /** The key of the instance with that name. @throws `UnknownInstance` */
  keyOf(name: string): string {
    const place = parseInstanceName(name)
    const task = place && this.state.task(place.task)
    if (place !== undefined && task !== undefined && place.number < this.state.counters(task.name).count) return placeKey('i', task.index, place.number)
    throw unknownInstance(this.state, name)
  }

  async views(instances: readonly Instance[]): Promise<readonly InstanceView[]> {
    const manager = this.state.session?.manager ?? ''
    const threshold = this.#engine.traits.get(manager)?.unresolvedLogs ?? LOG_LEVELS.ERROR
    const taskOf = (instance: Instance): Task => this.state.task(instance.task) as Task
    const records = await this.read(instances.flatMap((instance) => viewKeys(instance, taskOf(instance))))
    return instances.map((instance) => viewOf(instance, taskOf(instance), records, threshold))
  }
}

function decoded(record: JsonValue | undefined): Instance | undefined {
  return record === undefined ? undefined : decodeInstance(record)
}
