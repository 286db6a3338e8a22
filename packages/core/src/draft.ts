import type { JsonValue, LogLevelName } from '@triggerkit/contracts'
import { bucket, ChangeSet, listOf } from './changes.js'
import type { Changes } from './changes.js'
import { isConcerned, isResolved, logsRelevant, triggersOf } from './selectors.js'
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
  /** The changed instances, by task. */
  protected readonly byTask: Map<string, Map<string, Instance>> = new Map()
  readonly #base: View | null
  readonly #loaded: Loaded | undefined

  /** @param base - what lies below; `null` if the draft is all there is */
  constructor(base: View | null, loaded?: Loaded) {
    this.#base = base
    this.#loaded = loaded
    this.taskCount = base?.taskCount ?? 0
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
    return overlay(this.#base?.tasks(), this.changes.tasks, () => true).sort(byIndex)
  }

  tasksUsing(trigger: string): readonly Task[] {
    return overlay(this.#base?.tasksUsing(trigger), this.changes.tasks, (task) => triggersOf(task).includes(trigger)).sort(byIndex)
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
    return overlay(this.#base?.unresolved(task), this.byTask.get(task), isUnresolved).sort(byNumber)
  }

  unresolvedCount(task: string): number {
    let count = this.#base?.unresolvedCount(task) ?? 0
    for (const instance of listOf(this.byTask.get(task))) {
      count += Number(isUnresolved(instance)) - Number(isUnresolved(this.#base?.instance(instance.name)))
    }
    return count
  }

  concerned(task: Task, trigger: string): readonly Instance[] {
    const below = this.#base?.concerned(task, trigger)
    const own = this.byTask.get(task.name)
    return overlay(below, own, (instance) => isConcerned(instance, task.configuration, trigger)).sort(byNumber)
  }

  known(key: string): JsonValue | undefined {
    const { receipts, archive } = this.changes
    return receipts.get(key) ?? archive.get(key) ?? this.#loaded?.records.get(key) ?? this.#base?.known(key)
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
    this.keep(instance)
  }

  protected keep(instance: Instance): void {
    this.changes.instances.set(instance.name, instance)
    bucket(this.byTask, instance.task).set(instance.name, instance)
  }

  /** Takes over what another draft, laid over this one, changed. */
  absorb(changes: Changes): void {
    for (const task of changes.tasks.values()) this.putTask(task)
    for (const instance of changes.instances.values()) this.keep(instance)
    this.changes.absorb(changes)
  }
}

/** What lies below, with those that were changed replaced, left out or added. */
function overlay<TItem extends { readonly name: string }>(
  below: readonly TItem[] = [],
  own: ReadonlyMap<string, TItem> | undefined,
  belongs: (item: TItem) => boolean,
): TItem[] {
  if (!own?.size) return [...below]
  return [...below.filter(({ name }) => !own.has(name)), ...listOf(own).filter(belongs)]
}

function isUnresolved(instance: Instance | undefined): boolean {
  return instance !== undefined && !isResolved(instance.status)
}

function wants(instance: Instance | undefined, level: LogLevelName): number {
  return Number(instance?.logLevel === level && logsRelevant(instance) && !instance.logsMarked)
}
