import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject } from '@triggerkit/contracts'
import type { CancelCommand, CloneCommand, ReplayCommand, RetryCommand, SetStatusCommand, SkipCommand } from '../commands.js'
import { isResolved } from '../selectors.js'
import type { Instance } from '../state.js'
import { checkExecution, needInstance, reach, taskOf } from '../step.js'
import type { Step } from '../step.js'
import { addInstance, checkStatus, storeReplacement } from './create.js'
import type { CreateAnswer } from './create.js'
import { keepError } from './execution.js'
import { fireTrigger } from './fire.js'
import { errorRecord, schedule } from './schedule.js'
import { mergeMetadata } from './set-metadata.js'
import type { InstanceAnswer } from './set-metadata.js'

/** What a replay did. */
export interface ReplayAnswer {
  readonly instance: string
  /** The instance that runs in its place. */
  readonly clone: string
}

/** Replays a failed instance: its clone is scheduled at once, whatever triggers it lacks. */
export function replay(step: Step, { instance: name, replacementKwargs }: ReplayCommand): ReplayAnswer {
  const instance = needInstance(step, name)
  if (instance.status !== 'failed') throw notFailed(instance, 'replayed')
  return replayAs(step, instance, replacementKwargs, 0)
}

/** Fails an execution and replays it after the cooldown, in one step. */
export function retry(step: Step, command: RetryCommand): ReplayAnswer {
  const { execution, error, metadata, replacementKwargs, cooldown } = command
  const instance = checkExecution(step, execution)
  const kept = error === null ? {} : keepError(step, instance, error)
  const failed = reach(step, instance, 'failed', { ...mergeMetadata(step, instance, metadata), ...kept })
  return replayAs(step, failed, replacementKwargs, cooldown)
}

function replayAs(step: Step, failed: Instance, kwargs: JsonObject | null, cooldown: number): ReplayAnswer {
  reach(step, failed, 'replayed')
  const clone = cloneInstance(step, failed, { kwargs, cooldown: cooldown > 0 ? cooldown : null })
  const scheduled = schedule(step, clone, cooldown > 0 ? step.inputs.now + cooldown : null)
  if (scheduled) step.events.push({ type: 'replayed', original: failed.name, clone: clone.name })
  return { instance: failed.name, clone: clone.name }
}

/** Clones an instance; the clone is unstarted, and scheduled by the next relevant fire if it is ready. */
export function clone(step: Step, { instance: name }: CloneCommand): CreateAnswer {
  const instance = needInstance(step, name)
  return { instance: cloneInstance(step, instance, { kwargs: null, cooldown: null }).name }
}

function cloneInstance(step: Step, parent: Instance, { kwargs, cooldown }: { kwargs: JsonObject | null; cooldown: number | null }): Instance {
  const task = taskOf(step, parent)
  const number = step.draft.counters(task.name).count
  const own = kwargs === null
    ? { firings: parent.firings, replacement: parent.replacement }
    : { firings: [], replacement: storeReplacement(step, task, number, kwargs) }
  return addInstance(step, task, { ...own, abandonState: parent.abandonState, parent: parent.name, depth: parent.depth + 1, cooldown })
}

/** Skips a failed instance, with a result and, if wished, a cascade as if it had finished. */
export function skip(step: Step, { instance: name, cascade, result }: SkipCommand): InstanceAnswer {
  const instance = needInstance(step, name)
  if (instance.status !== 'failed') throw notFailed(instance, 'skipped')
  reach(step, instance, 'skipped', mergeMetadata(step, instance, { result, cascade }))
  if (cascade) fireTrigger(step, instance.task, result, step.inputs.ids())
  if (step.refusal === null) step.events.push({ type: 'skipped', instance: name, cascade })
  return { instance: name }
}

/** Sets a status by hand, unchecked, which ends any hand-over or execution. */
export function setStatus(step: Step, command: SetStatusCommand): InstanceAnswer {
  const { instance: name, status, metadata, cascade, cascadeKwargs } = command
  checkStatus(status)
  const instance = needInstance(step, name)
  reach(step, instance, status, mergeMetadata(step, instance, metadata))
  if (cascade) fireTrigger(step, instance.task, cascadeKwargs, step.inputs.ids())
  return { instance: name }
}

/** Fails an instance that isn't resolved or failed yet with `Cancelled`; others stay as they are. */
export function cancel(step: Step, { instance: name }: CancelCommand): InstanceAnswer & { readonly cancelled: boolean } {
  const instance = needInstance(step, name)
  if (isResolved(instance.status) || instance.status === 'failed') return { instance: name, cancelled: false }
  reach(step, instance, 'failed', keepError(step, instance, errorRecord('Cancelled', `${name} was cancelled.`, { instance: name })))
  return { instance: name, cancelled: true }
}

function notFailed({ name, status }: Instance, wish: string): TriggerkitError {
  const message = `${name} can't be ${wish}: it is ${status}. Only a failed instance can be; its status can be set by hand.`
  return new TriggerkitError('NotFailed', message, { details: { instance: name, status } })
}
