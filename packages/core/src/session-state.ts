import type { JsonValue } from '@triggerkit/contracts'
import type { Changes } from './changes.js'
import { isResolved, isRipe, lacks } from './selectors.js'
import { NO_COUNTERS } from './state.js'
import type { Instance, Session, Task, TaskCounters } from './state.js'
import { byIndex, byNumber } from './view.js'
import type { View } from './view.js'

/** A task's unresolved instances, and what the unstarted ones of them wait for. */
class Work {
  readonly unresolved = new Map<string, Instance>()
  /** By trigger: the unstarted instances that it would change. */
  readonly lacking = new Map<string, Map<string, true>>()
  /** The unstarted instances that wait only to be judged. */
  readonly ripe = new Set<string>()
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
    return [...(this.#users.get(trigger)?.values() ?? [])].sort(byIndex)
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
    return [...(this.#work.get(task)?.unresolved.values() ?? [])].sort(byNumber)
  }

  unresolvedCount(task: string): number {
    return this.#work.get(task)?.unresolved.size ?? 0
  }

  concerned(task: Task, trigger: string): readonly Instance[] {
    const { lacking, ripe, unresolved } = this.#work.get(task.name) as Work
    const names = new Set([...(lacking.get(trigger)?.keys() ?? []), ...ripe])
    return [...names].map((name) => unresolved.get(name) as Instance).sort(byNumber)
  }

  known(_key: string): JsonValue | undefined {
    return undefined
  }

  /** The instances that were handed over or are being executed. */
  inFlight(): readonly Instance[] {
    return [...this.#inFlight.values()]
  }

  get inFlightCount(): number {
    return this.#inFlight.size
  }

  /** Advances the state by what a transition changed. */
  apply(changes: Changes): void {
    this.session = changes.session ?? this.session
    for (const task of [...changes.tasks.values()].sort(byIndex)) this.#putTask(task)
    for (const [task, counters] of changes.counters) this.#counters.set(task, counters)
    for (const [trigger, firing] of changes.latest) this.#latest.set(trigger, firing)
    for (const instance of changes.instances.values()) this.#putInstance(instance)
  }

  #putTask(task: Task): void {
    const { name } = task
    for (const trigger of triggersOf(this.#tasks.get(name))) bucket(this.#users, trigger).delete(name)
    for (const trigger of triggersOf(task)) bucket(this.#users, trigger).set(name, task)
    this.#tasks.set(name, task)
    const instances = this.unresolved(name)
    this.#work.set(name, new Work())
    for (const instance of instances) this.#putInstance(instance)
  }

  #putInstance(instance: Instance): void {
    const { name, task, status, handOver } = instance
    const { unresolved, lacking, ripe } = this.#work.get(task) as Work
    const { configuration } = this.#tasks.get(task) as Task
    const before = unresolved.get(name)
    if (before?.status === 'unstarted') for (const trigger of lacks(before, configuration)) lacking.get(trigger)?.delete(name)
    ripe.delete(name)
    if (isResolved(status)) unresolved.delete(name)
    else unresolved.set(name, instance)
    if (status === 'unstarted') for (const trigger of lacks(instance, configuration)) bucket(lacking, trigger).set(name, true)
    if (isRipe(instance, configuration)) ripe.add(name)
    if (handOver === null) this.#inFlight.delete(name)
    else this.#inFlight.set(name, instance)
  }
}

function bucket<TValue>(index: Map<string, Map<string, TValue>>, key: string): Map<string, TValue> {
  let entries = index.get(key)
  if (entries === undefined) index.set(key, (entries = new Map()))
  return entries
}

function triggersOf(task: Task | undefined): readonly string[] {
  return task === undefined ? [] : [...task.configuration.after, ...task.configuration.unless]
}
