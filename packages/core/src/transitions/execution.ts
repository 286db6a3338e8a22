import type { ErrorCode, ErrorRecord, JsonObject } from '@triggerkit/contracts'
import type { BeginCommand, FailCommand, FinishCommand, RequeueCommand, SkipSelfCommand } from '../commands.js'
import { namedKey } from '../keys.js'
import type { Instance } from '../state.js'
import { checkExecution, reach, store } from '../step.js'
import type { Step } from '../step.js'
import { fireTrigger } from './fire.js'
import { hand } from './schedule.js'
import { mergeMetadata } from './set-metadata.js'
import type { InstanceAnswer } from './set-metadata.js'

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
export function finish(step: Step, { execution, result, logLevel }: FinishCommand): InstanceAnswer {
  const instance = checkExecution(step, execution)
  const firing = step.inputs.ids()
  const finished = reach(step, instance, 'finished', { logLevel, result: namedKey('f', firing) })
  fireTrigger(step, instance.task, result, firing)
  if (step.refusal !== null) {
    const { message, ...context } = step.refusal
    reach(step, finished, 'failed', keepOwnError(step, finished, { code: 'SchedulingRefused', message, context }))
  }
  return { instance: instance.name }
}

/** Fails an execution. */
export function fail(step: Step, { execution, error, metadata, logLevel }: FailCommand): InstanceAnswer {
  const instance = checkExecution(step, execution)
  reach(step, instance, 'failed', { ...mergeMetadata(step, instance, metadata), logLevel, ...keepError(step, instance, error) })
  return { instance: instance.name }
}

/** Skips an execution at its own wish: no result, no cascade. */
export function skipSelf(step: Step, { execution, metadata }: SkipSelfCommand): InstanceAnswer {
  const instance = checkExecution(step, execution)
  reach(step, instance, 'skipped', mergeMetadata(step, instance, metadata))
  return { instance: instance.name }
}

/** Schedules an instance anew whose hand-over is gone or whose execution was lost; past the limit of losses it fails. */
export function requeue(step: Step, command: RequeueCommand): InstanceAnswer & { readonly requeued: boolean } {
  const { instance: name, epoch, lost, maxLosses } = command
  const instance = step.draft.instance(name)
  if (!instance?.handOver || instance.epoch !== epoch || instance.attempt !== command.attempt) return { instance: name, requeued: false }
  const { round, attempt, handOver } = instance
  const losses = instance.losses + Number(lost)
  if (lost && losses >= maxLosses) {
    const message = `${name} was lost ${losses} times while it ran. Replay it once the cause is known.`
    reach(step, instance, 'failed', { losses, ...keepOwnError(step, instance, { code: 'ExecutionLost', message, context: { instance: name, losses } }) })
  } else hand(step, instance, handOver, { round, attempt: attempt + Number(wasGiven(step, instance)), losses })
  return { instance: name, requeued: true }
}

/** Whether somebody was given the job: a process that only fires gives it to no runner that would keep it in memory. */
function wasGiven({ inputs }: Step, { status, handOver }: Instance): boolean {
  return status === 'running' || handOver?.owner !== null || inputs.runners.get(handOver.runner)?.durable !== false
}

/** Stores an error in the archive, and its type with the instance. */
export function keepError(step: Step, instance: Instance, error: ErrorRecord): Pick<Instance, 'errorType'> {
  store(step, 'e', instance, error)
  return { errorType: error.type }
}

/** Stores an error of Triggerkit's own. */
export function keepOwnError(
  step: Step,
  instance: Instance,
  error: { readonly code: ErrorCode; readonly message: string; readonly context: JsonObject },
): Pick<Instance, 'errorType'> {
  return keepError(step, instance, { type: 'TriggerkitError', stack: null, causes: [], ...error })
}
