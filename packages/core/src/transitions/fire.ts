import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject } from '@triggerkit/contracts'
import type { FireCommand } from '../commands.js'
import { namedKey } from '../keys.js'
import { canAbandon, canRun, counts, gets } from '../selectors.js'
import type { Instance, Task } from '../state.js'
import { reach, update } from '../step.js'
import type { Step } from '../step.js'
import { newInstance } from './create.js'
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

/** A firing on its way through the tasks that use its trigger. */
interface Firing {
  readonly trigger: string
  readonly id: string
  readonly created: string[]
  readonly abandoned: string[]
  readonly ready: Instance[]
}

/** Fires a trigger by command; a firing whose id is known changes nothing. */
export function fire(step: Step, { id, trigger, kwargs }: FireCommand): FireAnswer {
  if (id === undefined) return fireTrigger(step, trigger, kwargs, step.inputs.ids())
  const key = namedKey('f', id)
  const known = step.draft.known(key)
  if (known === undefined) {
    step.draft.changes.expectAbsent.add(key)
    return fireTrigger(step, trigger, kwargs, id)
  }
  if ((known as JsonObject)['trigger'] !== trigger) throw reused(id, trigger)
  return { firing: id, duplicate: true, created: [], scheduled: [], abandoned: [], configured: step.draft.taskCount > 0 }
}

/** Records a firing and lets it do its work: apply, create, seed, judge; then schedules what became ready. */
export function fireTrigger(step: Step, trigger: string, kwargs: JsonObject, id: string): FireAnswer {
  const { draft, inputs } = step
  const firing: Firing = { trigger, id, created: [], abandoned: [], ready: [] }
  draft.changes.archive.set(namedKey('f', id), { trigger, at: inputs.now, payload: kwargs })
  for (const task of draft.tasksUsing(trigger)) fireAtTask(step, task, firing)
  draft.changes.latest.set(trigger, id)
  const scheduled = scheduleAll(step, firing.ready)
  const did = { created: firing.created, scheduled, abandoned: firing.abandoned }
  step.events.push({ type: 'fired', trigger, firing: id, ...did, refused: step.refusal !== null })
  return { firing: id, duplicate: false, ...did, configured: draft.taskCount > 0 }
}

function fireAtTask(step: Step, task: Task, firing: Firing): void {
  const { name, configuration } = task
  let changed = false
  const instances = step.draft.concerned(task, firing.trigger).map((instance) => {
    const applied = applyTrigger(step, instance, task, firing)
    changed ||= applied !== instance
    return applied
  })
  const again = firing.trigger === configuration.andEvery && !changed
  if (again || step.draft.counters(name).count === 0) {
    const created = applyTrigger(step, newInstance(step, task, firing.trigger), task, firing)
    firing.created.push(created.name)
    instances.push(created)
  }
  for (const instance of instances) judge(step, instance, task, firing)
}

function applyTrigger(step: Step, instance: Instance, { configuration }: Task, { trigger, id }: Firing): Instance {
  const { firings, abandonState } = instance
  const got = gets(instance, configuration, trigger)
  const counted = counts(instance, configuration, trigger)
  if (!got && !counted) return instance
  return update(step, instance, {
    firings: got ? [...firings, [trigger, id]] : firings,
    abandonState: counted ? [...abandonState, trigger] : abandonState,
  })
}

/** Abandons an instance whose `unless` is complete, and marks one whose `after` is as ready. */
export function judge(step: Step, instance: Instance, { configuration }: Task, marks: Pick<Firing, 'abandoned' | 'ready'>): void {
  if (canAbandon(instance, configuration)) marks.abandoned.push(reach(step, instance, 'abandoned').name)
  else if (canRun(instance, configuration)) marks.ready.push(instance)
}

/** Schedules instances one after the other, up to the first that is refused. */
export function scheduleAll(step: Step, ready: readonly Instance[]): readonly string[] {
  const refused = ready.findIndex((instance) => !schedule(step, instance))
  return ready.slice(0, refused < 0 ? ready.length : refused).map(({ name }) => name)
}

function reused(id: string, trigger: string): TriggerkitError {
  const message = `The firing id ${JSON.stringify(id)} belongs to another trigger's firing. Give each firing its own.`
  return new TriggerkitError('FiringIdReused', message, { details: { id, trigger } })
}
