import type { JsonObject } from '@triggerkit/contracts'
import type { CancelCommand, CloneCommand, ReplayCommand, RetryCommand, SetStatusCommand, SkipCommand } from '../commands.js'
import { isResolved } from '../selectors.js'
import type { Instance } from '../state.js'
import { needFailed, needInstance, reach } from '../step.js'
import type { Step } from '../step.js'
import { addInstance, replaceKwargs } from './create.js'
import type { CreateAnswer } from './create.js'
import { ownError, reachFailed } from './execution.js'
import { fireTrigger } from './fire.js'
import { schedule } from './schedule.js'
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
  return replayAs(step, needFailed(step, name), replacementKwargs, null)
}

/** Fails an execution and replays it after the cooldown, in one step. */
export function retry(step: Step, command: RetryCommand, running: Instance): ReplayAnswer {
  const { error, metadata, replacementKwargs, cooldown } = command
  const failed = reachFailed(step, running, error, mergeMetadata(step, running, metadata))
  return replayAs(step, failed, replacementKwargs, cooldown > 0 ? cooldown : null)
}

function replayAs(step: Step, failed: Instance, kwargs: JsonObject | null, cooldown: number | null): ReplayAnswer {
  reach(step, failed, 'replayed')
  const clone = replaceKwargs(step, addClone(step, failed, cooldown), kwargs)
  const scheduled = schedule(step, clone, cooldown === null ? null : step.inputs.now + cooldown)
  if (scheduled) step.events.push({ type: 'replayed', original: failed.name, clone: clone.name })
  return { instance: failed.name, clone: clone.name }
}

/** Clones an instance; the clone is unstarted, and scheduled by the next relevant fire if it is ready. */
export function clone(step: Step, { instance }: CloneCommand): CreateAnswer {
  return { instance: addClone(step, needInstance(step, instance), null).name }
}

function addClone(step: Step, parent: Instance, cooldown: number | null): Instance {
  const { name, firings, replacement, abandonState, depth } = parent
  return addInstance(step, parent.task, { firings, replacement, abandonState, parent: name, depth: depth + 1, cooldown })
}

/** Skips a failed instance, with a result and, if wished, a cascade as if it had finished. */
export function skip(step: Step, { instance: name, cascade, result }: SkipCommand): void {
  needFailed(step, name)
  setStatus(step, { instance: name, status: 'skipped', metadata: { result, cascade }, cascade, cascadeKwargs: result })
  if (step.refusal === null) step.events.push({ type: 'skipped', instance: name, cascade })
}

/** Sets a status by hand, unchecked, which ends any hand-over or execution. */
export function setStatus(step: Step, command: Omit<SetStatusCommand, 'type'>): void {
  const { instance: name, status, metadata, cascade, cascadeKwargs } = command
  const instance = needInstance(step, name)
  reach(step, instance, status, mergeMetadata(step, instance, metadata))
  if (cascade) fireTrigger(step, instance.task, cascadeKwargs)
}

/** Fails an instance that isn't resolved or failed yet with `Cancelled`; others stay as they are. */
export function cancel(step: Step, { instance: name }: CancelCommand): InstanceAnswer & { readonly cancelled: boolean } {
  const instance = needInstance(step, name)
  const cancelled = !isResolved(instance.status) && instance.status !== 'failed'
  if (cancelled) reachFailed(step, instance, ownError('Cancelled', `${name} was cancelled.`, { instance: name }))
  return { instance: name, cancelled }
}
