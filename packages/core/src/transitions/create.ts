import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject } from '@triggerkit/contracts'
import type { CreateCommand } from '../commands.js'
import { placeKey } from '../keys.js'
import { BLANK_INSTANCE, STATUSES } from '../state.js'
import type { Instance, Replacement, Task } from '../state.js'
import { reach, update } from '../step.js'
import type { Step } from '../step.js'
import { storeResult, withoutOwnMembers } from './set-metadata.js'

/** The answer of a command that makes an instance. */
export interface CreateAnswer {
  readonly instance: string
}

/** Makes an instance by hand; nothing is scheduled by it. */
export function create(step: Step, { task: name, values }: CreateCommand): CreateAnswer {
  const task = step.draft.task(name)
  if (task === undefined) throw unknownTask(step, name)
  const blank = addInstance(step, task, {})
  const replacement = values.kwargs === undefined ? null : storeReplacement(step, task, blank.number, values.kwargs)
  const metadata = values.metadata ?? {}
  const created = update(step, blank, {
    replacement,
    abandonState: values.abandonState ?? [],
    metadata: withoutOwnMembers(metadata),
    logsMarked: metadata['logsResolved'] === true,
    result: storeResult(step, blank, metadata),
  })
  if (values.status !== undefined && values.status !== 'unstarted') reach(step, created, values.status)
  return { instance: created.name }
}

/** A new instance, seeded with the latest firings of all its triggers but the one that is being fired. */
export function newInstance(step: Step, task: Task, except?: string): Instance {
  const { after, unless } = task.configuration
  const fired = (trigger: string): string | undefined => (trigger === except ? undefined : step.draft.latestFiring(trigger))
  const firings = after.flatMap((trigger) => {
    const firing = fired(trigger)
    return firing === undefined ? [] : [[trigger, firing] as const]
  })
  return addInstance(step, task, { firings, abandonState: unless.filter((trigger) => fired(trigger) !== undefined) })
}

/** Puts a new instance of a task, unstarted unless the values say otherwise. */
export function addInstance({ draft, inputs: { now }, events }: Step, task: Task, values: Partial<Instance>): Instance {
  const number = draft.counters(task.name).count
  const name = `${task.name}#${number}`
  const timestamps = { created: now, lastModified: now, unstarted: now }
  const instance: Instance = { ...BLANK_INSTANCE, ...values, name, task: task.name, number, timestamps }
  draft.put(instance)
  events.push({ type: 'instanceCreated', instance: name })
  return instance
}

/** Stores kwargs that replace an instance's own as a whole. */
export function storeReplacement({ draft }: Step, task: Task, number: number, kwargs: JsonObject): Replacement {
  const payload = placeKey('k', task.index, number)
  draft.changes.archive.set(payload, { payload: kwargs })
  return { payload, triggers: Object.keys(kwargs) }
}

/** @throws `InvalidArgument` for what is no status */
export function checkStatus(status: unknown): void {
  if (STATUSES.includes(status as never)) return
  throw new TriggerkitError('InvalidArgument', `${JSON.stringify(status)} is no status; take one of ${STATUSES.join(', ')}.`)
}

function unknownTask(step: Step, name: string): TriggerkitError {
  const known = step.draft.tasks().slice(0, 20).map((task) => task.name).join(', ')
  return new TriggerkitError('UnknownTask', `No task ${JSON.stringify(name)}. Known: ${known || 'none yet'}.`, { details: { task: name } })
}
