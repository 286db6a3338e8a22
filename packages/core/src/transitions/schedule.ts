import { TriggerkitError } from '@triggerkit/contracts'
import type { ErrorCode, ErrorRecord, JsonObject } from '@triggerkit/contracts'
import type { RunnerTraits } from '../selectors.js'
import type { HandOver, Instance } from '../state.js'
import { reach, taskOf } from '../step.js'
import type { Refusal, Step } from '../step.js'

/**
 * Schedules an instance in a new round, whatever it waits for, pinning the current configuration.
 * @returns whether it could; if not, the step has a refusal and the instance is as before
 */
export function schedule(step: Step, instance: Instance, notBefore: number | null = null): boolean {
  const { configuration, revision } = taskOf(step, instance)
  const { run, using } = configuration
  const key = using ?? step.inputs.runners.default
  const runner = step.inputs.runners.get(key)
  step.refusal = refusalOf(instance, run, key, runner)
  if (step.refusal !== null) return false
  hand(step, instance, { revision, run, runner: key, notBefore }, runner, { round: instance.round + 1, attempt: 1, losses: 0 })
  return true
}

function refusalOf({ name, task }: Instance, run: string, key: string, runner: RunnerTraits | undefined): Refusal | null {
  if (runner !== undefined && runner.accepts(run) !== 'no') return null
  const missing = runner === undefined ? `no runner ${JSON.stringify(key)}` : `no task function ${JSON.stringify(run)} in runner ${JSON.stringify(key)}`
  const message = `${name} can't be scheduled: there is ${missing}. Register it, or mend the configuration of ${task}.`
  return { reason: runner === undefined ? 'UnknownRunner' : 'UnknownTaskFunction', instance: name, message }
}

/** Schedules an instance again in the same round, under the next attempt. */
export function scheduleAgain(step: Step, instance: Instance, handOver: HandOver, losses: number): void {
  const runner = step.inputs.runners.get(handOver.runner)
  hand(step, instance, handOver, runner, { round: instance.round, attempt: instance.attempt + 1, losses })
}

function hand(
  step: Step,
  instance: Instance,
  handOver: Pick<HandOver, 'revision' | 'run' | 'runner' | 'notBefore'>,
  runner: RunnerTraits | undefined,
  place: Pick<Instance, 'round' | 'attempt' | 'losses'>,
): void {
  const { now } = step.inputs
  const owner = runner?.durable === true ? null : step.inputs.owner
  const { revision, run, runner: key, notBefore } = handOver
  const { round, attempt, losses } = place
  reach(step, instance, 'scheduled', { round, attempt, losses, handOver: { revision, run, runner: key, owner, notBefore, since: now } })
  const reachable = runner !== undefined && (runner.durable || owner !== null)
  const due = notBefore === null || notBefore <= now || runner?.delays === true
  if (reachable && due) step.effects.push({ type: 'dispatch', instance: instance.name, round, attempt })
}

/** The error with which a call rejects whose change is committed although an instance was refused. */
export function schedulingRefused(refusal: Refusal, answer: object): TriggerkitError {
  const { message, reason, instance } = refusal
  return new TriggerkitError('SchedulingRefused', message, { details: { reason, instance, committed: true, answer } })
}

/** An error of Triggerkit's own that an instance keeps. */
export function errorRecord(code: ErrorCode, message: string, context: JsonObject): ErrorRecord {
  return { type: 'TriggerkitError', message, code, stack: null, context, causes: [] }
}

/** A refusal as the error that a failed instance keeps. */
export function refusalRecord({ message, reason, instance }: Refusal): ErrorRecord {
  return errorRecord('SchedulingRefused', message, { reason, instance })
}
