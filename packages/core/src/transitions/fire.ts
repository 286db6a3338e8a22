import type { JsonObject } from '@triggerkit/contracts'
import type { FireCommand } from '../commands.js'
import { namedKey } from '../keys.js'
import { canAbandon, canRun, counts, gets } from '../selectors.js'
import type { Firings, Instance, Task } from '../state.js'
import { idReused, reach, update } from '../step.js'
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

/** What becomes of instances when a task is looked at. */
export interface Outcome {
  readonly created: string[]
  readonly abandoned: string[]
  readonly ready: Instance[]
}

/** Fires a trigger by command; a firing whose id is known changes nothing. */
export function fire(step: Step, { id, trigger, kwargs }: FireCommand): FireAnswer {
  const { draft, inputs } = step
  if (id === undefined) return fireTrigger(step, trigger, kwargs, inputs.ids())
  const key = namedKey('f', id)
  const known = draft.known(key) as { readonly trigger: string } | undefined
  if (known === undefined) {
    draft.changes.expectAbsent.add(key)
    return fireTrigger(step, trigger, kwargs, id)
  }
  if (known.trigger !== trigger) throw idReused('FiringIdReused', 'firing', id)
  return { firing: id, duplicate: true, created: [], scheduled: [], abandoned: [], configured: draft.taskCount > 0 }
}

/** Records a firing and lets it do its work: apply, create, seed, judge; then schedules what became ready. */
export function fireTrigger(step: Step, trigger: string, kwargs: JsonObject, firing: string): FireAnswer {
  const { draft, inputs } = step
  const outcome: Outcome = { created: [], abandoned: [], ready: [] }
  draft.changes.archive.set(namedKey('f', firing), { trigger, at: inputs.now, payload: kwargs })
  for (const task of draft.tasksUsing(trigger)) fireAtTask(step, task, [trigger, firing], outcome)
  draft.changes.latest.set(trigger, firing)
  const did = scheduleReady(step, outcome)
  step.events.push({ type: 'fired', trigger, firing, ...did, refused: step.refusal !== null })
  return { firing, duplicate: false, ...did, configured: draft.taskCount > 0 }
}

function fireAtTask(step: Step, task: Task, firing: Firings[number], outcome: Outcome): void {
  const { name, configuration } = task
  const before = step.draft.concerned(task, firing[0])
  const instances = before.map((instance) => applyFiring(step, instance, task, firing))
  const again = firing[0] === configuration.andEvery && instances.every((instance, place) => instance === before[place])
  if (again || step.draft.counters(name).count === 0) {
    const created = newInstance(step, task, firing[0])
    outcome.created.push(created.name)
    instances.push(applyFiring(step, created, task, firing))
  }
  for (const instance of instances) judge(step, instance, task, outcome)
}

function applyFiring(step: Step, instance: Instance, { configuration }: Task, firing: Firings[number]): Instance {
  const { firings, abandonState } = instance
  const got = gets(instance, configuration, firing[0])
  const counted = counts(instance, configuration, firing[0])
  if (!got && !counted) return instance
  return update(step, instance, {
    firings: got ? [...firings, firing] : firings,
    abandonState: counted ? [...abandonState, firing[0]] : abandonState,
  })
}

/** Abandons an instance whose `unless` is complete, and marks one whose `after` is as ready. */
export function judge(step: Step, instance: Instance, { configuration }: Task, { abandoned, ready }: Outcome): void {
  if (canAbandon(instance, configuration)) abandoned.push(reach(step, instance, 'abandoned').name)
  else if (canRun(instance, configuration)) ready.push(instance)
}

/** Schedules what is ready, one after the other, up to the first that is refused. */
export function scheduleReady(step: Step, { created, abandoned, ready }: Outcome): Pick<FireAnswer, 'created' | 'scheduled' | 'abandoned'> {
  const scheduled: string[] = []
  for (const instance of ready) {
    if (!schedule(step, instance)) break
    scheduled.push(instance.name)
  }
  return { created, scheduled, abandoned }
}
