import type { JsonObject } from '@triggerkit/contracts'
import type { FireCommand } from '../commands.js'
import { namedKey } from '../keys.js'
import { canAbandon, canRun, waitsFor } from '../selectors.js'
import type { Instance, Task } from '../state.js'
import { idReused, reach, update } from '../step.js'
import type { Step } from '../step.js'
import { addInstance } from './create.js'
import { schedule } from './schedule.js'

/** What a fire did; each list in the order in which it happened. */
export interface FireAnswer {
  /** The id of the firing. */
  readonly firing: string
  /** Whether a firing of that id was there already; then nothing was changed. */
  readonly duplicate: boolean
  readonly created: readonly string[]
  readonly scheduled: readonly string[]
  readonly abandoned: readonly string[]
  /** Whether the session has a configuration. Without one the firing is recorded, and waits for it. */
  readonly configured: boolean
}

/** Fires a trigger by command; a firing whose id is known changes nothing. */
export function fire(step: Step, { id, trigger, kwargs }: FireCommand): FireAnswer {
  const { draft, created, scheduled, abandoned } = step
  const firing = id ?? step.inputs.ids()
  const key = namedKey('f', firing)
  const known = id === undefined ? undefined : (draft.known(key) as { readonly trigger: string } | undefined)
  if (known === undefined) {
    fireTrigger(step, trigger, kwargs, firing)
    if (id !== undefined) draft.changes.expectAbsent.push(key)
  } else if (known.trigger !== trigger) throw idReused('FiringIdReused', 'firing', firing)
  return { firing, duplicate: known !== undefined, created, scheduled, abandoned, configured: draft.taskCount > 0 }
}

/** Records a firing and lets it do its work: apply, create, seed, judge; then schedules what became ready. */
export function fireTrigger(step: Step, trigger: string, kwargs: JsonObject, firing: string = step.inputs.ids()): void {
  const { draft, inputs, events, created, scheduled, abandoned } = step
  draft.changes.archive.set(namedKey('f', firing), { trigger, at: inputs.now, payload: kwargs })
  draft.changes.latest.set(trigger, firing)
  for (const task of draft.tasksUsing(trigger)) fireAtTask(step, task, trigger)
  scheduleReady(step)
  events.push({ type: 'fired', trigger, firing, created, scheduled, abandoned, refused: step.refusal !== null })
}

function fireAtTask(step: Step, task: Task, trigger: string): void {
  const before = step.draft.concerned(task, trigger)
  const after = before.map((instance) => apply(step, instance, task, trigger))
  const again = trigger === task.configuration.andEvery && after.every((instance, place) => instance === before[place])
  for (const instance of after) judge(step, instance, task)
  if (again || step.draft.counters(task.name).count === 0) addSeeded(step, task)
}

/** Adds an instance, seeded with the latest firings of its task's triggers, and judges it. */
export function addSeeded(step: Step, task: Task): void {
  const { after, unless } = task.configuration
  const { draft } = step
  const fired = (trigger: string): boolean => draft.latestFiring(trigger) !== undefined
  const firings = after.filter(fired).map((trigger) => [trigger, draft.latestFiring(trigger) as string] as const)
  const instance = addInstance(step, task.name, { firings, abandonState: unless.filter(fired) })
  step.created.push(instance.name)
  judge(step, instance, task)
}

/** Gives an instance the firing of a trigger that has just fired, if it lacks one. */
function apply(step: Step, instance: Instance, { configuration }: Task, trigger: string): Instance {
  const { firings, abandonState } = instance
  const gets = waitsFor(instance, configuration).includes(trigger)
  const counts = configuration.unless.includes(trigger) && !abandonState.includes(trigger)
  if (!gets && !counts) return instance
  return update(step, instance, {
    firings: gets ? [...firings, [trigger, step.draft.latestFiring(trigger) as string]] : firings,
    abandonState: counts ? [...abandonState, trigger] : abandonState,
  })
}

/** Abandons an instance whose `unless` is complete, and marks one whose `after` is as ready. */
function judge(step: Step, instance: Instance, { configuration }: Task): void {
  if (canAbandon(instance, configuration)) step.abandoned.push(reach(step, instance, 'abandoned').name)
  else if (canRun(instance, configuration)) step.ready.push(instance)
}

/** Schedules what is ready, one after the other, up to the first that is refused. */
export function scheduleReady(step: Step): void {
  for (const instance of step.ready) {
    if (!schedule(step, instance)) return
    step.scheduled.push(instance.name)
  }
}
