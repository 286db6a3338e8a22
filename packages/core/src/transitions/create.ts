import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject } from '@triggerkit/contracts'
import type { CreateCommand } from '../commands.js'
import { BLANK_INSTANCE } from '../state.js'
import type { Instance } from '../state.js'
import { reach, store, update } from '../step.js'
import type { Step } from '../step.js'
import { mergeMetadata } from './set-metadata.js'

/** The answer of a command that makes an instance. */
export interface CreateAnswer {
  readonly instance: string
}

/** Makes an instance by hand; nothing is scheduled by it. */
export function create(step: Step, { task, values }: CreateCommand): CreateAnswer {
  const { status, kwargs = null, abandonState = [], metadata = {} } = values
  if (step.draft.task(task) === undefined) throw new TriggerkitError('UnknownTask', `No task ${JSON.stringify(task)}. Configure it first.`, { details: { task } })
  const given = replaceKwargs(step, addInstance(step, task, { abandonState }), kwargs)
  const created = update(step, given, mergeMetadata(step, given, metadata))
  if (status !== undefined) reach(step, created, status)
  return { instance: created.name }
}

/** Adds an unstarted instance to a task. */
export function addInstance({ draft, inputs: { now }, events }: Step, task: string, values: Partial<Instance>): Instance {
  const number = draft.counters(task).count
  const name = `${task}#${number}`
  const timestamps = { created: now, lastModified: now, unstarted: now }
  const instance: Instance = { ...BLANK_INSTANCE, ...values, name, task, number, timestamps }
  draft.put(instance)
  events.push({ type: 'instanceCreated', instance: name })
  return instance
}

/** Gives an instance kwargs that replace its own as a whole, if there are any. */
export function replaceKwargs(step: Step, instance: Instance, kwargs: JsonObject | null): Instance {
  if (kwargs === null) return instance
  const replacement = { payload: store(step, 'k', instance, { payload: kwargs }), triggers: Object.keys(kwargs) }
  return update(step, instance, { firings: [], replacement })
}
