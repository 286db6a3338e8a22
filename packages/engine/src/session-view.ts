import type { JsonObject, TaskConfiguration } from '@triggerkit/contracts'
import { decodeInstance, instancesPrefix, namedKey } from '@triggerkit/core'
import type { Instance, Task } from '@triggerkit/core'
import type { Engine } from './engine.js'
import type { InstanceView } from './instance-view.js'
import { payloadOf } from './payloads.js'
import { PAGE, partOf, readWhole } from './session-reader.js'
import type { Paging, Part, SessionReader } from './session-reader.js'
import { snapshotOf } from './snapshot.js'
import type { SessionSnapshot } from './snapshot.js'
import { unknownTask } from './unknown-names.js'
import { unresolvedTasks } from './unresolved-tasks.js'

/** A task of a session, as inspection shows it. */
export interface TaskView {
  readonly name: string
  readonly configuration: TaskConfiguration
  /** Rises whenever the configuration is replaced. */
  readonly revision: number
  readonly instances: number
}

/** What is known of a session besides its tasks and instances. */
export interface SessionMetadata {
  readonly uid: string
  readonly exists: boolean
  readonly manager: string | null
  readonly created: number | null
  readonly version: number
  /** When a process must look at the session again; `null` if nothing is under way. */
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

/** A read-only view of one session: every answer is read from the storage and is a copy. */
export class SessionView {
  readonly uid: string
  readonly #engine: Engine
  #snapshot: { readonly of: string; readonly snapshot: SessionSnapshot } | null = null

  /** Made by `triggers.session(uid)`. */
  constructor(engine: Engine, uid: string) {
    this.#engine = engine
    this.uid = uid
  }

  /** Calls back whenever this process sees a new version of the session; returns a function that unsubscribes. It can be passed on by itself, as UI bindings do. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const { storage } = this.#engine.settings
    const loop = this.#engine.loop(this.uid)
    // Where nothing is seen, what was is out of date: the session was deleted, or a change of it failed.
    const stop = loop.listen(() => (loop.seen === null ? loop.look() : listener()))
    const unwatch = storage.watch?.(this.uid, (version, stored) => loop.hear(version, stored))
    loop.look()
    return () => {
      stop()
      unwatch?.()
    }
  }

  /** The session as this process last saw it: the same object until a new version is seen. It can be passed on by itself, as UI bindings do. */
  readonly getSnapshot = (): SessionSnapshot => {
    const seen = this.#engine.shown(this.uid)
    if (seen === null) return (this.#snapshot ??= { of: '', snapshot: snapshotOf(this.uid, null) }).snapshot
    const { number, incarnation } = seen.version
    const of = number === 0 ? '' : `${incarnation}/${number}`
    if (this.#snapshot?.of !== of) this.#snapshot = { of, snapshot: snapshotOf(this.uid, seen) }
    return this.#snapshot.snapshot
  }

  /** The tasks in configuration order. */
  async tasks(): Promise<readonly TaskView[]> {
    return this.#read(async (reader) => tasksOf(reader))
  }

  /** @throws `UnknownTask`, whose message names the known tasks */
  async task(name: string): Promise<TaskView> {
    return this.#read(async (reader) => taskView(reader, needTask(reader, name)))
  }

  /** @throws `UnknownInstance`, which, given a task's name, lists its instances */
  async instance(name: string): Promise<InstanceView> {
    return this.#read(async (reader) => (await reader.views(await reader.instances([name])))[0] as InstanceView)
  }

  /** All instances, in the order of the configuration, then of creation. @throws `InvalidArgument` */
  async instances(paging?: Paging): Promise<readonly InstanceView[]> {
    const part = partOf(paging)
    return this.#read((reader) => listInstances(reader, part, instancesPrefix('i')))
  }

  /** The instances of a task, in order of creation. @throws `UnknownTask`, `InvalidArgument` */
  async instancesOfTask(task: string, paging?: Paging): Promise<readonly InstanceView[]> {
    const part = partOf(paging)
    return this.#read((reader) => listInstances(reader, part, instancesPrefix('i', needTask(reader, task).index)))
  }

  /** The names of the tasks that have no instance yet, or an unresolved one. */
  async unresolvedTasks(): Promise<readonly string[]> {
    return this.#read(async ({ state }) => unresolvedTasks(state).map(({ name }) => name))
  }

  /** The instances that are not in a final status. @throws `InvalidArgument` */
  async unresolvedInstances(paging?: Paging): Promise<readonly InstanceView[]> {
    const { after, limit } = partOf(paging)
    return this.#read(async (reader) => reader.views(unresolvedAfter(reader, after).slice(0, limit)))
  }

  /** The instances whose logs need attention. @throws `InvalidArgument` */
  async instancesWithUnresolvedLogs(paging?: Paging): Promise<readonly InstanceView[]> {
    const { after, limit } = partOf(paging)
    return this.#read(async (reader) => {
      const prefix = instancesPrefix('u')
      const marks = await reader.list(prefix, after === undefined ? prefix : reader.keyOf(after).replace('i', 'u'), limit)
      return reader.views(await reader.instances([...marks.values()] as string[]))
    })
  }

  /** The kwargs of each fired trigger's latest firing. */
  async latestKwargs(): Promise<JsonObject> {
    return this.#read(latestKwargs)
  }

  async metadata(): Promise<SessionMetadata> {
    return this.#read(async (reader) => metadataOf(this.uid, reader))
  }

  /** Everything at once, as plain JSON. */
  async debugView(): Promise<DebugView> {
    return this.#read(async (reader) => ({
      metadata: metadataOf(this.uid, reader),
      tasks: byName(tasksOf(reader)),
      instances: byName(await listInstances(reader, partOf(), instancesPrefix('i'))),
      latestKwargs: await latestKwargs(reader),
    }))
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

  #read<TAnswer>(read: (reader: SessionReader) => Promise<TAnswer>): Promise<TAnswer> {
    return readWhole(this.#engine, this.uid, read)
  }
}

function metadataOf(uid: string, { state, version, wakeAt }: SessionReader): SessionMetadata {
  const { session } = state
  return {
    uid,
    exists: session !== null,
    manager: session?.manager ?? null,
    created: session?.created ?? null,
    version,
    wakeAt,
    firedTriggers: [...state.firedTriggers()],
  }
}

function tasksOf(reader: SessionReader): readonly TaskView[] {
  return reader.state.tasks().map((task) => taskView(reader, task))
}

function taskView({ state }: SessionReader, { name, configuration, revision }: Task): TaskView {
  return { name, configuration, revision, instances: state.counters(name).count }
}

function needTask({ state }: SessionReader, name: string): Task {
  const task = state.task(name)
  if (task === undefined) throw unknownTask(state, name)
  return task
}

async function latestKwargs(reader: SessionReader): Promise<JsonObject> {
  const { state } = reader
  const keys = [...state.firedTriggers()].map((trigger) => [trigger, namedKey('f', state.latestFiring(trigger) as string)] as const)
  const records = await reader.read(keys.map(([, key]) => key))
  return Object.fromEntries(keys.map(([trigger, key]) => [trigger, payloadOf(records, key) ?? {}]))
}

function unresolvedAfter(reader: SessionReader, after: string | undefined): readonly Instance[] {
  const { state } = reader
  const unresolved = state.tasks().flatMap(({ name }) => state.unresolved(name))
  if (after === undefined) return unresolved
  const first = reader.keyOf(after)
  return unresolved.filter(({ name }) => reader.keyOf(name) > first)
}

/** The unresolved instances and the archived ones under a prefix, in the order of their keys. */
async function listInstances(reader: SessionReader, { after, limit }: Part, prefix: string): Promise<readonly InstanceView[]> {
  const archived = await reader.list(prefix, after === undefined ? prefix : reader.keyOf(after), limit)
  const found = new Map([...archived].map(([key, record]) => [key, decodeInstance(record)]))
  for (const instance of unresolvedAfter(reader, after)) {
    const key = reader.keyOf(instance.name)
    if (key.startsWith(prefix)) found.set(key, instance)
  }
  const sorted = [...found].sort(([left], [right]) => (left < right ? -1 : 1)).slice(0, limit)
  return reader.views(sorted.map(([, instance]) => instance))
}

function byName<TItem extends { readonly name: string }>(items: readonly TItem[]): Record<string, TItem> {
  return Object.fromEntries(items.map((item) => [item.name, item]))
}
