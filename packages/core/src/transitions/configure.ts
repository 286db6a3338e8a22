import type { TaskConfiguration } from '@triggerkit/contracts'
import type { ConfigureCommand } from '../commands.js'
import { placeKey } from '../keys.js'
import { triggersOf } from '../selectors.js'
import type { Task } from '../state.js'
import type { Step } from '../step.js'
import { byIndex } from '../view.js'
import { addSeeded, scheduleReady } from './fire.js'

/** What an update of the configuration did. */
export interface ConfigureAnswer {
  /** The tasks that were added or changed. */
  readonly tasks: readonly string[]
  readonly created: readonly string[]
  readonly scheduled: readonly string[]
  readonly abandoned: readonly string[]
}

/** Adds tasks or replaces their configurations; with `catchUp`, triggers that have already fired count for new tasks. */
export function configure(step: Step, { tasks, catchUp }: ConfigureCommand): ConfigureAnswer {
  const { draft, events, created, scheduled, abandoned } = step
  const changed = tasks.filter(([name, configuration]) => putConfiguration(step, name, configuration)).map(([name]) => name)
  events.push({ type: 'configured', tasks: changed })
  const named = tasks.map(([name]) => draft.task(name) as Task).sort(byIndex)
  for (const task of named) {
    const hasFired = triggersOf(task).some((trigger) => draft.latestFiring(trigger) !== undefined)
    if (catchUp && hasFired && draft.counters(task.name).count === 0) addSeeded(step, task)
  }
  scheduleReady(step)
  return { tasks: changed, created, scheduled, abandoned }
}

function putConfiguration({ draft }: Step, name: string, configuration: TaskConfiguration): boolean {
  const before = draft.task(name)
  if (JSON.stringify(before?.configuration) === JSON.stringify(configuration)) return false
  if (before) draft.changes.archive.set(placeKey('c', before.index, before.revision), { ...before.configuration })
  draft.putTask({ name, index: before?.index ?? draft.taskCount, configuration, revision: before ? before.revision + 1 : 0 })
  return true
}
