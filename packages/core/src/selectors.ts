import { LOG_LEVELS } from '@triggerkit/contracts'
import type { TaskConfiguration } from '@triggerkit/contracts'
import type { Instance, InstanceStatus, Task } from './state.js'

/** The statuses of instances that came to nothing, whose logs don't matter any more. */
const VOID: ReadonlySet<InstanceStatus> = new Set(['abandoned', 'replayed', 'skipped'])

/** Whether the status is final: nothing more is expected of such an instance. */
export function isResolved(status: InstanceStatus): boolean {
  return status === 'finished' || VOID.has(status)
}

/** All the triggers that a task's instances look at. */
export function triggersOf({ configuration }: Task): readonly string[] {
  return [...configuration.after, ...configuration.unless]
}

/** The triggers of `after` that the instance still waits for. */
export function waitsFor({ firings, replacement }: Instance, { after }: TaskConfiguration): readonly string[] {
  const got = new Map(firings)
  return after.filter((trigger) => !(got.has(trigger) || replacement?.triggers.includes(trigger)))
}

/**
 * The triggers whose firing concerns the instance, if it is unstarted: those of `after` and `unless` that it hasn't got,
 * or all of them where only the judgement is missing.
 */
export function triggersConcerning(instance: Instance, task: Task): readonly string[] {
  const { configuration } = task
  if (!canSchedule(instance)) return []
  const waits = waitsFor(instance, configuration)
  if (waits.length === 0 || canAbandon(instance, configuration)) return triggersOf(task)
  return [...waits, ...configuration.unless.filter((trigger) => !instance.abandonState.includes(trigger))]
}

/** Whether the instance is unstarted and could still be scheduled. The reference's `can_schedule`. */
export function canSchedule(instance: Instance): boolean {
  return instance.status === 'unstarted'
}

/** Whether the whole non-empty `unless` has fired for the instance, and it isn't abandoned yet. The reference's `can_abandon`. */
export function canAbandon(instance: Instance, { unless }: TaskConfiguration): boolean {
  if (unless.length === 0 || instance.status === 'abandoned') return false
  return unless.every((trigger) => instance.abandonState.includes(trigger))
}

/** Whether the instance is unstarted, has all its triggers and needn't be abandoned. The reference's `can_run`. */
export function canRun(instance: Instance, configuration: TaskConfiguration): boolean {
  return canSchedule(instance) && !canAbandon(instance, configuration) && waitsFor(instance, configuration).length === 0
}

/** Whether the instance's logs still matter: not where it was abandoned, replayed or skipped. */
export function logsRelevant(instance: Instance): boolean {
  return !VOID.has(instance.status)
}

/** Whether nothing in the instance's logs wants attention. `threshold` is the level that does. */
export function logsResolved(instance: Instance, threshold: number): boolean {
  return !logsRelevant(instance) || instance.logsMarked || LOG_LEVELS[instance.logLevel] < threshold
}

/** What the state machine must know of a runner. */
export interface RunnerTraits {
  readonly durable: boolean
  readonly delays: boolean
  readonly accepts: (run: string) => 'yes' | 'no' | 'unknown'
}
