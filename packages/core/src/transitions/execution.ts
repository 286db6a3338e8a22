import type { ErrorCode, ErrorRecord, JsonObject } from '@triggerkit/contracts'
import type { BeginCommand, FailCommand, FinishCommand, RequeueCommand, SkipSelfCommand } from '../commands.js'
import { namedKey } from '../keys.js'
import type { Instance } from '../state.js'
import { reach, store } from '../step.js'
import type { Step } from '../step.js'
import { fireTrigger } from './fire.js'
import { hand } from './schedule.js'
import { mergeMetadata } from './set-metadata.js'

/** How a begin came out: `begun` under that epoch, or not, because the job is no longer due. */
export interface BeginAnswer {
  readonly instance: string
  readonly begun: boolean
  readonly epoch: number
}

/** Begins the execution of an instance that is scheduled by that very round and attempt; anything else is dropped. */
export function begin(step: Step, command: BeginCommand): BeginAnswer {
  const { instance: name, round, attempt } = command
  const instance = step.draft.instance(name)
  const handOver = instance?.handOver
  const due = instance?.status === 'scheduled' && instance.round === round && instance.attempt === attempt
  if (!due || !handOver) return { instance: name, begun: false, epoch: 0 }
  const { epoch } = reach(step, instance, 'running', {
    handOver: { ...handOver, owner: step.inputs.owner, since: step.inputs.now },
    used: { revision: handOver.revision, firings: instance.firings, replacement: instance.replacement },
  })
  return { instance: name, begun: true, epoch }
}

/**
 * Finishes an execution and fires the task's name with its result, in one step. If something downstream can't be
 * scheduled, the instance fails although its result stays (recorded: `conformance/README.md`, 6.7).
 */
export function finish(step: Step, { result, logLevel }: FinishCommand, running: Instance): void {
  const firing = step.inputs.ids()
  const finished = reach(step, running, 'finished', { logLevel, result: namedKey('f', firing) })
  fireTrigger(step, running.task, result, firing)
  if (step.refusal !== null) {
    const { message, ...context } = step.refusal
    reachFailed(step, finished, ownError('SchedulingRefused', message, context))
  }
}

/** Fails an execution. */
export function fail(step: Step, { error, metadata, logLevel }: FailCommand, running: Instance): void {
  reachFailed(step, running, error, { ...mergeMetadata(step, running, metadata), logLevel })
}

/** Skips an execution at its own wish: no result, no cascade. */
export function skipSelf(step: Step, { metadata }: SkipSelfCommand, running: Instance): void {
  reach(step, running, 'skipped', mergeMetadata(step, running, metadata))
}

/** Schedules an instance anew whose hand-over is gone or whose execution was lost; past the limit of losses it fails. */
export function requeue(step: Step, command: RequeueCommand): void {
  const { instance: name, epoch, lost, maxLosses } = command
  const instance = step.draft.instance(name)
  if (!instance?.handOver || instance.epoch !== epoch) return
  const { status, handOver, round, attempt } = instance
  // A process that only fires gives a job to no runner that would keep it in its own memory.
  const wasGiven = status === 'running' || handOver.owner !== null || step.inputs.runners.get(handOver.runner)?.durable !== false
  const losses = instance.losses + Number(lost)
  if (lost && losses >= maxLosses) {
    const message = `${name} was lost ${losses} times while running. Replay it once the cause is known.`
    reachFailed(step, instance, ownError('ExecutionLost', message, { instance: name, losses }), { losses })
  } else hand(step, instance, handOver, { round, attempt: attempt + Number(wasGiven), losses })
}

/** Takes an instance to `failed`, and stores the error in the archive, if there is one, and its type with the instance. */
export function reachFailed(step: Step, instance: Instance, error: ErrorRecord | null, changes: Partial<Instance> = {}): Instance {
  if (error !== null) store(step, 'e', instance, error)
  return reach(step, instance, 'failed', { ...changes, errorType: error?.type ?? instance.errorType })
}

/** An error of Triggerkit's own. */
export function ownError(code: ErrorCode, message: string, context: JsonObject): ErrorRecord {
  return { type: 'TriggerkitError', stack: null, causes: [], code, message, context }
}
