import type { JsonValue } from '@triggerkit/contracts'
import { bucket } from './changes.js'
import type { Changes } from './changes.js'
import { isResolved, isRipe, lacks, triggersOf } from './selectors.js'
import { NO_COUNTERS } from './state.js'
import type { Instance, Session, Task, TaskCounters } from './state.js'
import { byIndex, byNumber } from './view.js'
import type { View } from './view.js'

/** A task's unresolved instances, and what the unstarted ones of them wait for. */
class Work {
  readonly unresolved = new Map<string, Instance>()
  /** By trigger: the unstarted instances that it would change. */
  readonly lacking = new Map<string, Map<string, Instance>>()
  /** The unstarted instances that wait only to be judged. */
  readonly ripe = new Map<string, Instance>()
}

/** The working set of one session, with the indexes that make a fire's cost independent of the session's size. */
export class SessionState implements View {
  session: Session | null = null
  readonly #tasks = new Map<string, Task>()
  readonly #counters = new Map<string, TaskCounters>()
  readonly #latest = new Map<string, string>()
  readonly #work = new Map<string, Work>()
  readonly #users = new Map<string, Map<string, Task>>()
  readonly #inFlight = new Map<string, Instance>()

  get taskCount(): number {
    return this.#tasks.size
  }

  task(name: string): Task | undefined {
    return this.#tasks.get(name)
  }

  counters(task: string): TaskCounters {
    return this.#counters.get(task) ?? NO_COUNTERS
  }

  tasks(): readonly Task[] {
    return [...this.#tasks.values()]
  }

  tasksUsing(trigger: string): readonly Task[] {
    return listOf(this.#users.get(trigger)).sort(byIndex)
  }

  latestFiring(trigger: string): string | undefined {
    return this.#latest.get(trigger)
  }

  firedTriggers(): Iterable<string> {
    return this.#latest.keys()
  }

  instance(name: string): Instance | undefined {
    return this.#work.get(name.slice(0, name.lastIndexOf('#')))?.unresolved.get(name)
  }

  unresolved(task: string): readonly Instance[] {
    return listOf(this.#work.get(task)?.unresolved).sort(byNumber)
  }

  unresolvedCount(task: string): number {
    return this.#work.get(task)?.unresolved.size ?? 0
  }

  concerned({ name }: Task, trigger: string): readonly Instance[] {
    const { lacking, ripe } = this.#work.get(name) as Work
    const changed = lacking.get(trigger)
    const others = [...ripe.values()].filter((instance) => !changed?.has(instance.name))
    return [...listOf(changed), ...others].sort(byNumber)
  }

  known(_key: string): JsonValue | undefined {
    return undefined
  }

  /** The instances that were handed over or are being executed. */
  inFlight(): readonly Instance[] {
    return listOf(this.#inFlight)
  }

  /** Advances the state by what a transition changed. */
  apply({ session, tasks, counters, latest, instances }: Changes): void {
    this.session = session ?? this.session
    for (const task of listOf(tasks).sort(byIndex)) this.#putTask(task)
    for (const [task, counted] of counters) this.#counters.set(task, counted)
    for (const [trigger, firing] of latest) this.#latest.set(trigger, firing)
    for (const instance of instances.values()) this.#putInstance(instance)
  }

  #putTask(task: Task): void {
    const { name } = task
    const before = this.#tasks.get(name)
    if (before) for (const trigger of triggersOf(before)) this.#users.get(trigger)?.delete(name)
    for (const trigger of triggersOf(task)) bucket(this.#users, trigger).set(name, task)
    this.#tasks.set(name, task)
    const instances = this.unresolved(name)
    this.#work.set(name, new Work())
    for (const instance of instances) this.#putInstance(instance)
  }

  #putInstance(instance: Instance): void {
    const { configuration } = this.#tasks.get(instance.task) as Task
    const { unresolved, lacking, ripe } = this.#work.get(instance.task) as Work
    for (const waiting of lacking.values()) waiting.delete(instance.name)
    for (const trigger of lacks(instance, configuration)) keep(bucket(lacking, trigger), instance, true)
    keep(ripe, instance, isRipe(instance, configuration))
    keep(unresolved, instance, !isResolved(instance.status))
    keep(this.#inFlight, instance, instance.handOver !== null)
  }
}

function keep(index: Map<string, Instance>, instance: Instance, belongs: boolean): void {
  if (belongs) index.set(instance.name, instance)
  else index.delete(instance.name)
}

function listOf<TValue>(entries: ReadonlyMap<string, TValue> | undefined): TValue[] {
  return [...(entries?.values() ?? [])]
}
