import type { ConfigureCommand } from '../commands.js'
import { placeKey } from '../keys.js'
import type { Instance, Task } from '../state.js'
import type { Step } from '../step.js'
import type { TaskConfiguration } from '@triggerkit/contracts'
import { newInstance } from './create.js'
import { judge, scheduleAll } from './fire.js'

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
  const changed = tasks.filter(([name, configuration]) => putConfiguration(step, name, configuration)).map(([name]) => name)
  step.events.push({ type: 'configured', tasks: changed })
  const created: string[] = []
  const marks = { abandoned: [] as string[], ready: [] as Instance[] }
  if (catchUp) for (const [name] of tasks) catchUpTask(step, step.draft.task(name) as Task, created, marks)
  const scheduled = scheduleAll(step, marks.ready)
  return { tasks: changed, created, scheduled, abandoned: marks.abandoned }
}

function putConfiguration({ draft }: Step, name: string, configuration: TaskConfiguration): boolean {
  const before = draft.task(name)
  if (before === undefined) draft.putTask({ name, index: draft.taskCount, configuration, revision: 0 })
  else if (JSON.stringify(before.configuration) === JSON.stringify(configuration)) return false
  else {
    draft.changes.archive.set(placeKey('c', before.index, before.revision), { ...before.configuration })
    draft.putTask({ ...before, configuration, revision: before.revision + 1 })
  }
  return true
}

function catchUpTask(step: Step, task: Task, created: string[], marks: { abandoned: string[]; ready: Instance[] }): void {
  const { after, unless } = task.configuration
  const hasFired = [...after, ...unless].some((trigger) => step.draft.latestFiring(trigger) !== undefined)
  if (!hasFired || step.draft.counters(task.name).count > 0) return
  const instance = newInstance(step, task)
  created.push(instance.name)
  judge(step, instance, task, marks)
}
