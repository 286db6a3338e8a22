import { TriggerkitError } from '@triggerkit/contracts'
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
  const runner = using ?? step.inputs.runners.default
  step.refusal = refusalOf(step, instance, run, runner)
  if (step.refusal !== null) return false
  hand(step, instance, { revision, run, runner, notBefore }, { round: instance.round + 1, attempt: 1, losses: 0 })
  return true
}

function refusalOf({ inputs }: Step, { name }: Instance, run: string, key: string): Refusal | null {
  const acceptance = inputs.runners.get(key)?.accepts(run)
  if (acceptance !== undefined && acceptance !== 'no') return null
  const [reason, missing] = acceptance === undefined ? (['UnknownRunner', key] as const) : (['UnknownTaskFunction', run] as const)
  const message = `${name} can't be scheduled: ${reason} ${JSON.stringify(missing)}. Register it, or mend the configuration.`
  return { reason, instance: name, message }
}

/** Gives an instance to its runner, under that round and attempt. */
export function hand(
  step: Step,
  instance: Instance,
  { revision, run, runner: key, notBefore }: Pick<HandOver, 'revision' | 'run' | 'runner' | 'notBefore'>,
  { round, attempt, losses }: Pick<Instance, 'round' | 'attempt' | 'losses'>,
): void {
  const { now, owner: self, runners } = step.inputs
  const runner = runners.get(key)
  const owner = runner?.durable ? null : self
  reach(step, instance, 'scheduled', { round, attempt, losses, handOver: { revision, run, runner: key, owner, notBefore, since: now } })
  const reachable = runner?.durable || (runner && owner !== null)
  const due = notBefore === null || notBefore <= now || runner?.delays
  if (reachable && due) step.effects.push({ type: 'dispatch', instance: instance.name, round, attempt })
}

/** The error with which a call rejects whose change is committed although an instance was refused. */
export function schedulingRefused({ message, ...concerned }: Refusal, answer: object): TriggerkitError {
  return new TriggerkitError('SchedulingRefused', message, { details: { ...concerned, committed: true, answer } })
}
