import type { JsonObject } from '@triggerkit/contracts'
import type { FireCommand } from '../commands.js'
import { namedKey } from '../keys.js'
import { canAbandon, canRun, triggersOf, waitsFor } from '../selectors.js'
import type { Firings, Instance, Task } from '../state.js'
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
  const { draft, inputs } = step
  const { created, scheduled, abandoned } = step.outcome
  const firing = id ?? inputs.ids()
  const key = namedKey('f', firing)
  const known = id === undefined ? undefined : (draft.known(key) as { readonly trigger: string } | undefined)
  const duplicate = known !== undefined
  if (duplicate && known.trigger !== trigger) throw idReused('FiringIdReused', 'firing', firing)
  if (!duplicate) fireTrigger(step, trigger, kwargs, firing)
  if (!duplicate && id !== undefined) draft.changes.expectAbsent.push(key)
  return { firing, duplicate, created, scheduled, abandoned, configured: draft.taskCount > 0 }
}

/** Records a firing and lets it do its work: apply, create, seed, judge; then schedules what became ready. */
export function fireTrigger(step: Step, trigger: string, kwargs: JsonObject, firing: string = step.inputs.ids()): void {
  const { draft, inputs, events } = step
  const { created, scheduled, abandoned } = step.outcome
  const { archive, latest } = draft.changes
  archive.set(namedKey('f', firing), { trigger, at: inputs.now, payload: kwargs })
  for (const task of draft.tasksUsing(trigger)) fireAtTask(step, task, [trigger, firing])
  latest.set(trigger, firing)
  scheduleReady(step)
  events.push({ type: 'fired', trigger, firing, created, scheduled, abandoned, refused: step.refusal !== null })
}

function fireAtTask(step: Step, task: Task, firing: Firings[number]): void {
  const { name, configuration } = task
  const before = step.draft.concerned(task, firing[0])
  const after = before.map((instance) => applyFiring(step, instance, task, firing))
  const again = firing[0] === configuration.andEvery && after.every((instance, place) => instance === before[place])
  for (const instance of after) judge(step, instance, task)
  if (again || step.draft.counters(name).count === 0) addSeeded(step, task, firing)
}

/** Adds an instance, seeded with the firing at hand and the latest ones of its task's other triggers, and judges it. */
export function addSeeded(step: Step, task: Task, firing?: Firings[number]): void {
  let instance = addInstance(step, task, {})
  for (const trigger of triggersOf(task)) {
    const id = trigger === firing?.[0] ? firing[1] : step.draft.latestFiring(trigger)
    if (id !== undefined) instance = applyFiring(step, instance, task, [trigger, id])
  }
  step.outcome.created.push(instance.name)
  judge(step, instance, task)
}

function applyFiring(step: Step, instance: Instance, { configuration }: Task, firing: Firings[number]): Instance {
  const [trigger] = firing
  const { firings, abandonState } = instance
  const gets = waitsFor(instance, configuration).includes(trigger)
  const counts = configuration.unless.includes(trigger) && !abandonState.includes(trigger)
  if (!gets && !counts) return instance
  return update(step, instance, {
    firings: gets ? [...firings, firing] : firings,
    abandonState: counts ? [...abandonState, trigger] : abandonState,
  })
}

/** Abandons an instance whose `unless` is complete, and marks one whose `after` is as ready. */
function judge(step: Step, instance: Instance, { configuration }: Task): void {
  if (canAbandon(instance, configuration)) step.outcome.abandoned.push(reach(step, instance, 'abandoned').name)
  else if (canRun(instance, configuration)) step.ready.push(instance)
}

/** Schedules what is ready, one after the other, up to the first that is refused. */
export function scheduleReady(step: Step): void {
  for (const instance of step.ready) {
    if (!schedule(step, instance)) return
    step.outcome.scheduled.push(instance.name)
  }
}
