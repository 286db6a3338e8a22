import type { HandOver, Instance } from '../state.js'
import { reach, taskOf } from '../step.js'
import type { Refusal, Step } from '../step.js'

/**
 * Schedules an instance in a new round, whatever it waits for, pinning the current configuration.
 * @returns whether it could; if not, the step has a refusal and the instance is as before
 */
export function schedule(step: Step, instance: Instance, notBefore: number | null = null): boolean {
  const { name, round } = instance
  const { runners, owner, now: since } = step.inputs
  const { revision, configuration } = taskOf(step, instance)
  const { run, using } = configuration
  const runner = using ?? runners.default
  const acceptance = runners.get(runner)?.accepts(run)
  if (acceptance === undefined) step.refusal = refusal(name, 'UnknownRunner', runner)
  else if (acceptance === 'no') step.refusal = refusal(name, 'UnknownTaskFunction', run)
  else hand(step, instance, { revision, run, runner, owner, notBefore, since }, { round: round + 1, attempt: 1, losses: 0 })
  return step.refusal === null
}

function refusal(instance: string, reason: Refusal['reason'], unknown: string): Refusal {
  return { reason, instance, message: `${instance} can't be scheduled: ${reason} ${unknown}. Register or correct it.` }
}

/** Gives an instance to its runner, under that round and attempt. */
export function hand(step: Step, before: Instance, plan: HandOver, { round, attempt, losses }: Pick<Instance, 'round' | 'attempt' | 'losses'>): void {
  const { now, owner: self, runners } = step.inputs
  const runner = runners.get(plan.runner)
  const owner = runner?.durable ? null : self
  reach(step, before, 'scheduled', { round, attempt, losses, handOver: { ...plan, owner, since: now } })
  const isTaken = runner !== undefined && (runner.durable || owner !== null)
  const isDue = runner?.delays || (plan.notBefore ?? now) <= now
  if (isTaken && isDue) step.effects.push({ type: 'dispatch', instance: before.name, round, attempt })
}
