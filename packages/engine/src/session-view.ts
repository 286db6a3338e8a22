import { LOG_LEVELS, TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject, JsonValue, Records, TaskConfiguration } from '@triggerkit/contracts'
import { decodeInstance, fromRecords, instancesPrefix, namedKey, parseInstanceName, placeKey, SessionState, unresolvedTasks } from '@triggerkit/core'
import type { Instance, Task } from '@triggerkit/core'
import type { Engine } from './engine.js'
import { viewKeys, viewOf } from './instance-view.js'
import type { InstanceView } from './instance-view.js'
import { payloadOf } from './payloads.js'
import { snapshotOf } from './snapshot.js'
import type { SessionSnapshot } from './snapshot.js'

/** A part of a list: at most `limit` items, beginning after the one with that name. Without a limit: all of them. */
export interface Paging {
  readonly after?: string
  readonly limit?: number
}

/** A task as one sees it. */
export interface TaskView {
  readonly name: string
  readonly configuration: TaskConfiguration
  /** Rises whenever the configuration is replaced. */
  readonly revision: number
  readonly instances: number
}

/** What a session is apart from tasks and instances. */
export interface SessionMetadata {
  readonly uid: string
  readonly exists: boolean
  readonly manager: string | null
  readonly created: number | null
  readonly version: number
  /** When somebody must look at the session again, if anything is under way. */
  readonly wakeAt: number | null
  readonly firedTriggers: readonly string[]
}

/** Everything about a session, as plain JSON. For debugging only. */
export interface DebugView {
  readonly metadata: SessionMetadata
  readonly tasks: Readonly<Record<string, TaskView>>
  readonly instances: Readonly<Record<string, InstanceView>>
  readonly latestKwargs: JsonObject
}

/** A session as it lies in the storage at one moment. */
interface Stored {
  readonly state: SessionState
  readonly version: number
  readonly wakeAt: number | null
}

const PAGE = 500
/** How often a list is begun anew because the session changed meanwhile. */
const MAX_RESTARTS = 5

/** One session, to look at: every answer is read from the storage and is a copy. */
export class SessionView {
  readonly uid: string
  readonly #engine: Engine
  #snapshot: { readonly of: unknown; readonly version: number; readonly snapshot: SessionSnapshot } | null = null

  /** Made by `triggers.session(uid)`. */
  constructor(engine: Engine, uid: string) {
    this.#engine = engine
    this.uid = uid
  }

  /** The tasks in configuration order. */
  async tasks(): Promise<readonly TaskView[]> {
    const { state } = await this.#load()
    return state.tasks().map((task) => taskView(state, task))
  }

  /** @throws `UnknownTask` naming those that there are */
  async task(name: string): Promise<TaskView> {
    const { state } = await this.#load()
    return taskView(state, needTask(state, name))
  }

  /** @throws `UnknownInstance`, which, given a task's name, lists its instances */
  async instance(name: string): Promise<InstanceView> {
    const { state } = await this.#load()
    const place = parseInstanceName(name)
    const task = place && state.task(place.task)
    if (place === undefined || task === undefined || place.number >= state.counters(task.name).count) throw unknownInstance(state, name)
    const instance = state.instance(name) ?? (await this.#archived(placeKey('i', task.index, place.number)))
    if (instance === undefined) throw unknownInstance(state, name)
    return ((await this.#views(state, [instance])) as [InstanceView])[0]
  }

  /** All instances, in configuration order and by creation. */
  async instances(paging: Paging = {}): Promise<readonly InstanceView[]> {
    return this.#list(paging, undefined)
  }

  /** The instances of a task, by creation. @throws `UnknownTask` */
  async instancesOfTask(task: string, paging: Paging = {}): Promise<readonly InstanceView[]> {
    return this.#list(paging, task)
  }

  /** The names of the tasks that have no instance yet, or an unresolved one. */
  async unresolvedTasks(): Promise<readonly string[]> {
    return unresolvedTasks((await this.#load()).state).map(({ name }) => name)
  }

  /** The instances that are not in a final status. */
  async unresolvedInstances({ after, limit = Infinity }: Paging = {}): Promise<readonly InstanceView[]> {
    const { state } = await this.#load()
    const first = after === undefined ? '' : keyOf(state, after)
    const unresolved = state.tasks().flatMap(({ name }) => state.unresolved(name))
    return this.#views(state, unresolved.filter((instance) => keyOf(state, instance.name) > first).slice(0, limit))
  }

  /** The instances whose logs want attention. */
  async instancesWithUnresolvedLogs({ after, limit = Infinity }: Paging = {}): Promise<readonly InstanceView[]> {
    const { state } = await this.#load()
    const prefix = instancesPrefix('u')
    let from = after === undefined ? prefix : `u${keyOf(state, after).slice(1)}`
    const names: string[] = []
    for (let more = true; more && names.length < limit; ) {
      const page = await this.#engine.call(() => this.#storage.list(this.uid, { prefix, after: from, limit: Math.min(PAGE, limit - names.length) }))
      names.push(...([...page.records.values()] as string[]))
      from = [...page.records.keys()].at(-1) ?? from
      more = page.more
    }
    return Promise.all(names.map((name) => this.instance(name)))
  }

  /** The kwargs of each fired trigger's latest firing. */
  async latestKwargs(): Promise<JsonObject> {
    const { state } = await this.#load()
    const keys = [...state.firedTriggers()].map((trigger) => [trigger, namedKey('f', state.latestFiring(trigger) as string)] as const)
    const records = await this.#read(keys.map(([, key]) => key))
    return Object.fromEntries(keys.map(([trigger, key]) => [trigger, payloadOf(records, key) ?? {}]))
  }

  async metadata(): Promise<SessionMetadata> {
    const { state, version, wakeAt } = await this.#load()
    const { session } = state
    return {
      uid: this.uid,
      exists: session !== null,
      manager: session?.manager ?? null,
      created: session?.created ?? null,
      version,
      wakeAt,
      firedTriggers: [...state.firedTriggers()],
    }
  }

  /** Everything at once, as plain JSON. */
  async debugView(): Promise<DebugView> {
    const [metadata, tasks, instances, latestKwargs] = [await this.metadata(), await this.tasks(), await this.instances(), await this.latestKwargs()]
    const byName = <TItem extends { readonly name: string }>(items: readonly TItem[]): Record<string, TItem> =>
      Object.fromEntries(items.map((item) => [item.name, item]))
    return { metadata, tasks: byName(tasks), instances: byName(instances), latestKwargs }
  }

  /** Goes through all instances, page by page. */
  async *[Symbol.asyncIterator](): AsyncGenerator<InstanceView> {
    for (let after: string | undefined; ; ) {
      const page = await this.instances({ limit: PAGE, ...(after !== undefined && { after }) })
      yield* page
      if (page.length < PAGE) return
      after = page.at(-1)?.name
    }
  }

  /** Calls back whenever a new version of the session is seen here; returns what ends it. See {@link SessionView.getSnapshot}. */
  subscribe(listener: () => void): () => void {
    const loop = this.#engine.loop(this.uid)
    const stop = loop.listen(listener)
    const look = (): void => {
      loop.refresh().catch((error: unknown) => {
        this.#engine.settings.logger.warn('A watched session could not be read.', { uid: this.uid, error: String(error) })
      })
    }
    const unwatch = this.#storage.watch?.(this.uid, look)
    look()
    return () => {
      stop()
      unwatch?.()
    }
  }

  /** The session as last seen here: the same object until a new version is seen, as bindings need it. */
  getSnapshot(): SessionSnapshot {
    const { seen } = this.#engine.loop(this.uid)
    const version = seen?.version.number ?? 0
    if (this.#snapshot?.of !== seen?.state || this.#snapshot?.version !== version || this.#snapshot === null) {
      this.#snapshot = { of: seen?.state, version, snapshot: snapshotOf(this.uid, seen) }
    }
    return this.#snapshot.snapshot
  }

  get #storage(): Engine['settings']['storage'] {
    return this.#engine.settings.storage
  }

  async #load(): Promise<Stored> {
    const { session } = await this.#engine.call(() => this.#storage.load(this.uid))
    if (session === null) return { state: new SessionState(), version: 0, wakeAt: null }
    return { state: fromRecords(session.working), version: session.version.number, wakeAt: session.wakeAt }
  }

  async #read(keys: readonly string[]): Promise<Records> {
    if (keys.length === 0) return new Map()
    return (await this.#engine.call(() => this.#storage.read(this.uid, [...new Set(keys)]))).records
  }

  async #archived(key: string): Promise<Instance | undefined> {
    const record = (await this.#read([key])).get(key)
    return record === undefined ? undefined : decodeInstance(record)
  }

  async #list({ after, limit = Infinity }: Paging, task: string | undefined, restarts = 0): Promise<readonly InstanceView[]> {
    const { state, version } = await this.#load()
    const prefix = instancesPrefix('i', task === undefined ? undefined : needTask(state, task).index)
    const found = new Map<string, Instance>()
    let from = after === undefined ? prefix : keyOf(state, after)
    for (const { name } of state.tasks()) {
      for (const instance of state.unresolved(name)) {
        const key = keyOf(state, instance.name)
        if (key.startsWith(prefix) && key > from) found.set(key, instance)
      }
    }
    for (let more = true, count = 0; more && count < limit; ) {
      const page = await this.#engine.call(() => this.#storage.list(this.uid, { prefix, after: from, limit: Math.min(PAGE, limit - count) }))
      if ((page.version?.number ?? 0) !== version && restarts < MAX_RESTARTS) return this.#list({ ...(after !== undefined && { after }), limit }, task, restarts + 1)
      for (const [key, record] of page.records) found.set(key, decodeInstance(record as JsonValue))
      from = [...page.records.keys()].at(-1) ?? from
      count += page.records.size
      more = page.more
    }
    const sorted = [...found].sort(([left], [right]) => (left < right ? -1 : 1)).slice(0, limit)
    return this.#views(state, sorted.map(([, instance]) => instance))
  }

  async #views(state: SessionState, instances: readonly Instance[]): Promise<readonly InstanceView[]> {
    const key = state.session?.manager ?? ''
    const threshold = this.#engine.traits.get(key)?.unresolvedLogs ?? LOG_LEVELS.ERROR
    const taskOf = (instance: Instance): Task => state.task(instance.task) as Task
    const records = await this.#read(instances.flatMap((instance) => viewKeys(instance, taskOf(instance))))
    return instances.map((instance) => viewOf(instance, taskOf(instance), records, threshold))
  }
}

function taskView(state: SessionState, { name, configuration, revision }: Task): TaskView {
  return { name, configuration, revision, instances: state.counters(name).count }
}

function needTask(state: SessionState, name: string): Task {
  const task = state.task(name)
  if (task !== undefined) return task
  const known = state.tasks().slice(0, 20).map((known) => known.name).join(', ')
  throw new TriggerkitError('UnknownTask', `No task ${JSON.stringify(name)}. Known: ${known || 'none yet'}.`, { details: { task: name } })
}

/** @throws `UnknownInstance` */
function keyOf(state: SessionState, name: string): string {
  const place = parseInstanceName(name)
  const task = place && state.task(place.task)
  if (place === undefined || task === undefined) throw unknownInstance(state, name)
  return placeKey('i', task.index, place.number)
}

function unknownInstance(state: SessionState, name: string): TriggerkitError {
  const { count } = state.counters(name)
  const some = Array.from({ length: Math.min(count, 20) }, (_, number) => `${name}#${number}`).join(', ')
  const hint = count > 0 ? `That is a task; its instances are ${some}${count > 20 ? ', …' : ''}.` : 'Instances are named <task>#<number>.'
  return new TriggerkitError('UnknownInstance', `No instance ${JSON.stringify(name)}. ${hint}`, { details: { instance: name } })
}
