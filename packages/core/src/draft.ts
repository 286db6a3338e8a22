import type { JsonValue, LogLevelName } from '@triggerkit/contracts'
import { ChangeSet } from './changes.js'
import type { Changes } from './changes.js'
import { NameIndex } from './name-index.js'
import { canSchedule, isResolved, logsRelevant, triggersConcerning, triggersOf } from './selectors.js'
import { NO_COUNTERS } from './state.js'
import type { Instance, Session, Task, TaskCounters } from './state.js'
import { byIndex, byNumber } from './view.js'
import type { View } from './view.js'

/** What was read from the archive because a command needs it. */
export interface Loaded {
  /** Resolved instances, by name. */
  readonly instances: ReadonlyMap<string, Instance>
  /** Records by which repeated commands are known, by key. */
  readonly records: ReadonlyMap<string, JsonValue>
}

/**
 * Changes laid over a view that stays as it is. A transition writes into a draft of its own; a group commit, a
 * transaction or a what-if gathers several transitions in one by {@link Draft.absorb}.
 */
export class Draft implements View {
  /** What was changed so far. */
  readonly changes: ChangeSet = new ChangeSet()
  taskCount: number
  readonly #base: View | null
  readonly #loaded: Loaded | undefined
  /** The changed tasks, by trigger that they use. */
  readonly #tasks: NameIndex<Task> = new NameIndex(this.changes.tasks, triggersOf)
  /**
   * The changed instances: a task's (`<index>`), those of them that a firing of a trigger concerns
   * (`<index>/<trigger>`), and those that are `inFlight`.
   */
  protected readonly instances: NameIndex<Instance> = new NameIndex(this.changes.instances, (instance) => this.#keysOf(instance))

  /** @param base - what lies below; `null` if the draft is all there is */
  constructor(base: View | null, loaded?: Loaded) {
    this.#base = base
    this.#loaded = loaded
    this.taskCount = base?.taskCount ?? 0
  }

  /** Whether it changes nothing: all its maps are empty. */
  get isEmpty(): boolean {
    return Object.values(this.changes).every((part: { readonly size?: number } | null) => !part?.size)
  }

  get session(): Session | null {
    return this.changes.session ?? this.#base?.session ?? null
  }

  task(name: string): Task | undefined {
    return this.changes.tasks.get(name) ?? this.#base?.task(name)
  }

  counters(task: string): TaskCounters {
    return this.changes.counters.get(task) ?? this.#base?.counters(task) ?? NO_COUNTERS
  }

  tasks(): readonly Task[] {
    const { tasks } = this.changes
    return overlay(this.#base?.tasks(), tasks, () => [...tasks.values()], byIndex)
  }

  tasksUsing(trigger: string): readonly Task[] {
    return overlay(this.#base?.tasksUsing(trigger), this.changes.tasks, () => this.#tasks.list(trigger), byIndex)
  }

  latestFiring(trigger: string): string | undefined {
    return this.changes.latest.get(trigger) ?? this.#base?.latestFiring(trigger)
  }

  firedTriggers(): Iterable<string> {
    return new Set([...(this.#base?.firedTriggers() ?? []), ...this.changes.latest.keys()])
  }

  instance(name: string): Instance | undefined {
    return this.changes.instances.get(name) ?? this.#base?.instance(name) ?? this.#loaded?.instances.get(name)
  }

  unresolved(task: string): readonly Instance[] {
    return overlay(this.#base?.unresolved(task), this.changes.instances, () => this.#changed(task).filter(({ status }) => !isResolved(status)), byNumber)
  }

  concerned(task: Task, trigger: string): readonly Instance[] {
    const { name, index } = task
    // The base's index speaks of the configuration that the base has.
    const below = this.changes.tasks.has(name) ? this.#base?.unresolved(name).filter(canSchedule) : this.#base?.concerned(task, trigger)
    return overlay(below, this.changes.instances, () => this.instances.list(`${index}/${trigger}`), byNumber)
  }

  /** The changed instances of a task. */
  #changed(task: string): readonly Instance[] {
    return this.instances.list(`${this.task(task)?.index}`)
  }

  known(key: string): JsonValue | undefined {
    const { receipts, archive } = this.changes
    return receipts.get(key) ?? archive.get(key) ?? this.#loaded?.records.get(key) ?? this.#base?.known(key)
  }

  /** Puts a task, new or reconfigured. */
  putTask(task: Task): void {
    const { name, index } = task
    this.#tasks.put(task)
    this.taskCount = Math.max(this.taskCount, index + 1)
    // What concerns its instances may be something else now.
    for (const instance of this.#changed(name)) this.keep(instance)
  }

  /** Puts an instance, new or changed, and keeps its task's counters true. */
  put(instance: Instance): void {
    const { task, name, number } = instance
    const before = this.instance(name)
    const { count, warnings, errors } = this.counters(task)
    const warned = wants(instance, 'WARNING') - wants(before, 'WARNING')
    const erred = wants(instance, 'ERROR') - wants(before, 'ERROR')
    if (number >= count || warned !== 0 || erred !== 0) {
      this.changes.counters.set(task, { count: Math.max(count, number + 1), warnings: warnings + warned, errors: errors + erred })
    }
    this.keep(instance)
  }

  /** Takes over what another draft, laid over this one, changed. */
  absorb(changes: Changes): void {
    const own = this.changes
    this.apply(changes)
    changes.archive.forEach((record, key) => own.archive.set(key, record))
    changes.receipts.forEach((record, key) => own.receipts.set(key, record))
    for (const key of changes.expectAbsent) own.expectAbsent.push(key)
  }

  /** Advances by what a transition changed in the working set. */
  apply(changes: Changes): void {
    const own = this.changes
    own.session = changes.session ?? own.session
    for (const task of changes.tasks.values()) this.putTask(task)
    for (const instance of changes.instances.values()) this.keep(instance)
    changes.counters.forEach((counters, task) => own.counters.set(task, counters))
    changes.latest.forEach((firing, trigger) => own.latest.set(trigger, firing))
  }

  protected keep(instance: Instance): void {
    this.instances.put(instance)
  }

  #keysOf(instance: Instance): readonly string[] {
    const task = this.task(instance.task) as Task
    const keys = triggersConcerning(instance, task).map((trigger) => `${task.index}/${trigger}`)
    if (instance.handOver !== null) keys.push('inFlight')
    return [...keys, `${task.index}`]
  }
}

/** What lies below, with what was changed replaced, left out or added. */
function overlay<TItem extends { readonly name: string }>(
  below: readonly TItem[] = [],
  changed: ReadonlyMap<string, TItem>,
  own: () => readonly TItem[],
  order: (left: TItem, right: TItem) => number,
): readonly TItem[] {
  if (changed.size === 0) return below
  return below.filter(({ name }) => !changed.has(name)).concat(own()).sort(order)
}

function wants(instance: Instance | undefined, level: LogLevelName): number {
  return Number(instance?.logLevel === level && logsRelevant(instance) && !instance.logsMarked)
}
