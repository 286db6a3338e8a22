import { bucket, listOf } from './changes.js'
import type { Changes } from './changes.js'
import { Draft } from './draft.js'
import { canSchedule, isResolved, isRipe, lacks, triggersOf } from './selectors.js'
import type { Instance, Task } from './state.js'
import { byIndex, byNumber } from './view.js'

const IN_FLIGHT = 'inFlight'

/**
 * The working set of one session: a draft with nothing below, without resolved instances, and with the indexes that make
 * a fire's cost independent of the session's size.
 */
export class SessionState extends Draft {
  /** By trigger: the tasks that use it. */
  readonly #users = new Map<string, Map<string, Task>>()
  /** `<task>/<trigger>`: the instances that the trigger would change; `<task>`: those that wait only to be judged; those in flight. */
  readonly #instances = new Map<string, Map<string, Instance>>()

  constructor() {
    super(null)
  }

  override tasksUsing(trigger: string): readonly Task[] {
    return listOf(this.#users.get(trigger)).sort(byIndex)
  }

  override concerned({ name, index, revision }: Task, trigger: string): readonly Instance[] {
    // The index speaks of the configuration that the state has.
    if (this.task(name)?.revision !== revision) return this.unresolved(name).filter(canSchedule)
    const changed = bucket(this.#instances, `${index}/${trigger}`)
    const ripe = listOf(this.#instances.get(`${index}`)).filter((instance) => !changed.has(instance.name))
    return [...listOf(changed), ...ripe].sort(byNumber)
  }

  /** The instances that were handed over or are being executed. */
  inFlight(): readonly Instance[] {
    return listOf(this.#instances.get(IN_FLIGHT))
  }

  /** Advances the state by what a transition changed. */
  apply(changes: Changes): void {
    this.absorb(changes)
    // Archive and receipts are the storage's alone.
    const { archive, receipts, expectAbsent } = this.changes
    for (const part of [archive, receipts, expectAbsent]) part.clear()
  }

  override putTask(task: Task): void {
    const { name, index } = task
    for (const trigger of triggersOf(this.task(name))) {
      this.#instances.delete(`${index}/${trigger}`)
      this.#users.get(trigger)?.delete(name)
    }
    for (const trigger of triggersOf(task)) bucket(this.#users, trigger).set(name, task)
    super.putTask(task)
    for (const instance of this.unresolved(name)) this.keep(instance)
  }

  protected override keep(instance: Instance): void {
    const { name, status, handOver } = instance
    const task = this.task(instance.task) as Task
    const lacking = new Set(lacks(instance, task.configuration))
    super.keep(instance)
    if (isResolved(status)) for (const index of [this.changes.instances, bucket(this.byTask, task.name)]) index.delete(name)
    for (const trigger of triggersOf(task)) this.#enter(`${task.index}/${trigger}`, instance, lacking.has(trigger))
    this.#enter(`${task.index}`, instance, isRipe(instance, task.configuration))
    this.#enter(IN_FLIGHT, instance, handOver !== null)
  }

  #enter(key: string, instance: Instance, belongs: boolean): void {
    const index = bucket(this.#instances, key)
    if (belongs) index.set(instance.name, instance)
    else index.delete(instance.name)
  }
}
