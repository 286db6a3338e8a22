import type { JsonValue } from '@triggerkit/contracts'
import { ChangeSet } from './changes.js'
import type { Changes } from './changes.js'
import { isResolved, logsRelevant } from './selectors.js'
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
  readonly #base: View
  readonly #loaded: Loaded | undefined

  constructor(base: View, loaded?: Loaded) {
    this.#base = base
    this.#loaded = loaded
  }

  get session(): Session | null {
    return this.changes.session ?? this.#base.session
  }

  get taskCount(): number {
    const added = [...this.changes.tasks.keys()].filter((name) => this.#base.task(name) === undefined)
    return this.#base.taskCount + added.length
  }

  task(name: string): Task | undefined {
    return this.changes.tasks.get(name) ?? this.#base.task(name)
  }

  counters(task: string): TaskCounters {
    return this.changes.counters.get(task) ?? this.#base.counters(task)
  }

  tasks(): readonly Task[] {
    return this.#withOwn(this.#base.tasks(), () => true)
  }

  tasksUsing(trigger: string): readonly Task[] {
    return this.#withOwn(this.#base.tasksUsing(trigger), ({ configuration: { after, unless } }) => {
      return after.includes(trigger) || unless.includes(trigger)
    })
  }

  #withOwn(tasks: readonly Task[], belongs: (task: Task) => boolean): readonly Task[] {
    const own = this.changes.tasks
    if (own.size === 0) return tasks
    return [...tasks.filter(({ name }) => !own.has(name)), ...[...own.values()].filter(belongs)].sort(byIndex)
  }

  latestFiring(trigger: string): string | undefined {
    return this.changes.latest.get(trigger) ?? this.#base.latestFiring(trigger)
  }

  firedTriggers(): Iterable<string> {
    return new Set([...this.#base.firedTriggers(), ...this.changes.latest.keys()])
  }

  instance(name: string): Instance | undefined {
    return this.changes.instances.get(name) ?? this.#loaded?.instances.get(name) ?? this.#base.instance(name)
  }

  unresolved(task: string): readonly Instance[] {
    return this.#overlaid(this.#base.unresolved(task), task, ({ status }) => !isResolved(status))
  }

  unresolvedCount(task: string): number {
    let count = this.#base.unresolvedCount(task)
    for (const { task: own, name, status } of this.changes.instances.values()) {
      if (own !== task) continue
      if (!isResolved(this.#base.instance(name)?.status ?? 'finished')) count -= 1
      if (!isResolved(status)) count += 1
    }
    return count
  }

  concerned(task: Task, trigger: string): readonly Instance[] {
    // The base's index speaks of the configuration that the base has.
    const indexed = this.#base.task(task.name)?.revision === task.revision
    const below = indexed ? this.#base.concerned(task, trigger) : this.#base.unresolved(task.name).filter(isUnstarted)
    return this.#overlaid(below, task.name, isUnstarted)
  }

  #overlaid(below: readonly Instance[], task: string, belongs: (instance: Instance) => boolean): readonly Instance[] {
    const own = this.changes.instances
    if (own.size === 0) return below
    const mine = [...own.values()].filter((instance) => instance.task === task && belongs(instance))
    return [...below.filter(({ name }) => !own.has(name)), ...mine].sort(byNumber)
  }

  known(key: string): JsonValue | undefined {
    const { receipts, archive } = this.changes
    return receipts.get(key) ?? archive.get(key) ?? this.#loaded?.records.get(key) ?? this.#base.known(key)
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
  }

  /** Takes over what another draft, laid over this one, changed. */
  absorb(changes: Changes): void {
    const own = this.changes
    own.session = changes.session ?? own.session
    copy(changes.tasks, own.tasks)
    copy(changes.counters, own.counters)
    copy(changes.latest, own.latest)
    copy(changes.instances, own.instances)
    copy(changes.archive, own.archive)
    copy(changes.receipts, own.receipts)
    for (const key of changes.expectAbsent) own.expectAbsent.add(key)
  }
}

function isUnstarted({ status }: Instance): boolean {
  return status === 'unstarted'
}

function copy<TValue>(from: ReadonlyMap<string, TValue>, to: Map<string, TValue>): void {
  for (const [key, value] of from) to.set(key, value)
}

function wants(instance: Instance | undefined, level: 'WARNING' | 'ERROR'): number {
  return instance?.logLevel === level && logsRelevant(instance) && !instance.logsMarked ? 1 : 0
}
