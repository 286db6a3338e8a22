import type { Task, View } from '@triggerkit/core'

/** The tasks without instances, and those with an unresolved one, in configuration order. */
export function unresolvedTasks(view: View): readonly Task[] {
  return view.tasks().filter(({ name }) => view.counters(name).count === 0 || view.unresolved(name).length > 0)
}
