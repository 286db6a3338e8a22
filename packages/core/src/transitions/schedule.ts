import type { HandOver, Instance } from '../state.js'
import { reach, taskOf } from '../step.js'
import type { Step } from '../step.js'

/**
 * Schedules an instance in a new round, whatever it waits for, pinning the current configuration.
 * @returns whether it could; if not, the step has a refusal and the instance is as before
 */
export function schedule(step: Step, instance: Instance, notBefore: number | null = null): boolean {
  const { name, round } = instance
  const { owner, now: since, runners } = step.inputs
  const { configuration, revision } = taskOf(step, instance)
  const { run, using } = configuration
  const runner = using ?? runners.default
  const acceptance = runners.get(runner)?.accepts(run)
  if (acceptance === undefined || acceptance === 'no') {
    const reason = acceptance ? 'UnknownTaskFunction' : 'UnknownRunner'
    const message = `${name} can't be scheduled: ${reason} ${acceptance ? run : runner}. Register it or reconfigure the task.`
    step.refusal = { reason, instance: name, message }
  } else hand(step, instance, { revision, run, runner, owner, notBefore, since }, { round: round + 1, attempt: 1, losses: 0 })
  return step.refusal === null
}

/** Gives an instance to its runner, under that round and attempt. */
export function hand(
  step: Step,
  instance: Instance,
  plan: HandOver,
  { round, attempt, losses }: Pick<Instance, 'round' | 'attempt' | 'losses'>,
): void {
  const { effects, inputs } = step
  const { now, owner: self } = inputs
  const runner = inputs.runners.get(plan.runner)
  const owner = runner?.durable ? null : self
  reach(step, instance, 'scheduled', { round, attempt, losses, handOver: { ...plan, owner, since: now } })
  if (runner === undefined || !(runner.durable || owner)) return
  if (runner.delays || (plan.notBefore ?? now) <= now) effects.push({ type: 'dispatch', instance: instance.name, round, attempt })
}
