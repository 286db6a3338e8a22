import type { JsonValue, LogLevelName } from '@triggerkit/contracts'
import { bucket, ChangeSet } from './changes.js'
import type { Changes } from './changes.js'
import { canSchedule, isConcerned, isResolved, logsRelevant, triggersOf } from './selectors.js'
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
  readonly #base: View
  readonly #loaded: Loaded | undefined
  /** The changed instances, by task. */
  #own: Map<string, Map<string, Instance>> | undefined

  constructor(base: View, loaded?: Loaded) {
    this.#base = base
    this.#loaded = loaded
    this.taskCount = base.taskCount
  }

  get session(): Session | null {
    return this.changes.session ?? this.#base.session
  }

  task(name: string): Task | undefined {
    return this.changes.tasks.get(name) ?? this.#base.task(name)
  }

  counters(task: string): TaskCounters {
    return this.changes.counters.get(task) ?? this.#base.counters(task)
  }

  tasks(): readonly Task[] {
    return overlay(this.#base.tasks(), this.changes.tasks, () => true).sort(byIndex)
  }

  tasksUsing(trigger: string): readonly Task[] {
    const below = this.#base.tasksUsing(trigger)
    if (this.changes.tasks.size === 0) return below
    return overlay(below, this.changes.tasks, (task) => triggersOf(task).includes(trigger)).sort(byIndex)
  }

  latestFiring(trigger: string): string | undefined {
    return this.changes.latest.get(trigger) ?? this.#base.latestFiring(trigger)
  }

  firedTriggers(): Iterable<string> {
    return new Set([...this.#base.firedTriggers(), ...this.changes.latest.keys()])
  }

  instance(name: string): Instance | undefined {
    return this.changes.instances.get(name) ?? this.#base.instance(name) ?? this.#loaded?.instances.get(name)
  }

  unresolved(task: string): readonly Instance[] {
    return this.#withOwn(task, this.#base.unresolved(task), ({ status }) => !isResolved(status))
  }

  unresolvedCount(task: string): number {
    let count = this.#base.unresolvedCount(task)
    for (const { name, status } of this.#own?.get(task)?.values() ?? []) {
      const before = this.#base.instance(name)
      count += Number(!isResolved(status)) - Number(before !== undefined && !isResolved(before.status))
    }
    return count
  }

  concerned(task: Task, trigger: string): readonly Instance[] {
    const { name, revision } = task
    // The base's index speaks of the configuration that the base has.
    const indexed = this.#base.task(name)?.revision === revision
    const below = indexed ? this.#base.concerned(task, trigger) : this.#base.unresolved(name).filter(canSchedule)
    return this.#withOwn(name, below, (instance) => isConcerned(instance, task.configuration, trigger))
  }

  #withOwn(task: string, below: readonly Instance[], belongs: (instance: Instance) => boolean): readonly Instance[] {
    const own = this.#own?.get(task)
    return own === undefined ? below : overlay(below, own, belongs).sort(byNumber)
  }

  known(key: string): JsonValue | undefined {
    const { receipts, archive } = this.changes
    return receipts.get(key) ?? archive.get(key) ?? this.#loaded?.records.get(key) ?? this.#base.known(key)
  }

  /** Puts a task, new or reconfigured. */
  putTask(task: Task): void {
    this.taskCount = Math.max(this.taskCount, task.index + 1)
    this.changes.tasks.set(task.name, task)
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
    this.changes.instances.set(name, instance)
    this.#remember(instance)
  }

  #remember(instance: Instance): void {
    bucket((this.#own ??= new Map()), instance.task).set(instance.name, instance)
  }

  /** Takes over what another draft, laid over this one, changed. */
  absorb(changes: Changes): void {
    this.changes.absorb(changes)
    for (const { index } of changes.tasks.values()) this.taskCount = Math.max(this.taskCount, index + 1)
    for (const instance of changes.instances.values()) this.#remember(instance)
  }
}

/** What lies below, with those that were changed replaced, left out or added. */
function overlay<TItem extends { readonly name: string }>(
  below: readonly TItem[],
  own: ReadonlyMap<string, TItem>,
  belongs: (item: TItem) => boolean,
): TItem[] {
  return [...below.filter(({ name }) => !own.has(name)), ...[...own.values()].filter(belongs)]
}

function wants(instance: Instance | undefined, level: LogLevelName): number {
  return Number(instance?.logLevel === level && logsRelevant(instance) && !instance.logsMarked)
}
