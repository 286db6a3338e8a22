import type { JsonValue } from '@triggerkit/contracts'
import type { Instance, Session, Task, TaskCounters } from './state.js'

/** What a transition or a reaction may know of a session. */
export interface View {
  /** `null` before the first commit. */
  readonly session: Session | null
  readonly taskCount: number
  task(name: string): Task | undefined
  counters(task: string): TaskCounters
  /** All tasks, in configuration order. */
  tasks(): readonly Task[]
  /** The tasks that have the trigger in `after` or `unless`, in configuration order. */
  tasksUsing(trigger: string): readonly Task[]
  /** The id of the trigger's latest firing. */
  latestFiring(trigger: string): string | undefined
  /** The triggers that have fired. */
  firedTriggers(): Iterable<string>
  /** An instance; of the resolved ones only those that were touched or loaded for the purpose. */
  instance(name: string): Instance | undefined
  /** The unresolved instances of a task, in order of creation. */
  unresolved(task: string): readonly Instance[]
  /**
   * The unstarted instances that a firing of the trigger may change or that wait to be judged, in order of creation:
   * all others would come out as they went in.
   */
  concerned(task: Task, trigger: string): readonly Instance[]
  /** A record that a repeated command would have left behind. */
  known(key: string): JsonValue | undefined
}

export function byNumber(left: Instance, right: Instance): number {
  return left.number - right.number
}

export function byIndex(left: Task, right: Task): number {
  return left.index - right.index
}
