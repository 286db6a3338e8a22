import { TriggerkitError } from '@triggerkit/contracts'
import { TriggerManager, unresolvedTasks } from '@triggerkit/engine'
import type { Command, Event, View } from '@triggerkit/engine'

/**
 * Fires a trigger once, as soon as nothing else in the session is left to do, in the very commit that resolves the last
 * thing. Tasks that wait for that trigger, be it through others, don't count; a task without instances counts as unresolved.
 */
export class FinalizingTriggerManager extends TriggerManager {
  /** The name of the trigger that is fired at the end. */
  static readonly finalTrigger: string = 'sessionFinalized'
  /** The log level at which an instance holds the end back, until its logs are marked as resolved; `null`: none does. */
  static readonly holdBackAt: 'WARNING' | 'ERROR' | null = null

  static override react(this: typeof FinalizingTriggerManager, events: readonly Event[], view: View): readonly Command[] {
    const { finalTrigger, holdBackAt } = this
    // A configuration alone ends nothing: a session of which only its last task is known hasn't begun yet.
    if (events.every(({ type }) => type === 'configured')) return []
    if (view.taskCount === 0 || view.latestFiring(finalTrigger) !== undefined) return []
    if (holdBackAt !== null && hasLogged(view, holdBackAt)) return []
    return isAnythingOpen(view, finalTrigger) ? [] : [{ type: 'fire', trigger: finalTrigger, kwargs: {} }]
  }
}

/** Whether some instance's relevant logs reach the level and nobody has marked them as resolved. */
function hasLogged(view: View, level: 'WARNING' | 'ERROR'): boolean {
  return view.tasks().some(({ name }) => {
    const { warnings, errors } = view.counters(name)
    return errors > 0 || (level === 'WARNING' && warnings > 0)
  })
}

function isAnythingOpen(view: View, finalTrigger: string): boolean {
  const open = unresolvedTasks(view)
  const late = new Set([finalTrigger])
  // What an open task waits for may itself be waiting: each round finds one link more.
  for (let known = 0; known < late.size; ) {
    known = late.size
    for (const { name, configuration } of open) if (configuration.after.some((trigger) => late.has(trigger))) late.add(name)
  }
  return open.some(({ name }) => !late.has(name))
}

export interface FinalizingOptions {
  /** Default `sessionFinalized`. */
  readonly trigger?: string
  /** Default: no log level holds back. */
  readonly holdBackAt?: 'WARNING' | 'ERROR'
}

/**
 * The finalizing manager with another trigger, or one that waits for logs to be looked at.
 * @throws `InvalidArgument`
 */
export function finalizingManager({ trigger = 'sessionFinalized', holdBackAt }: FinalizingOptions = {}): typeof FinalizingTriggerManager {
  if (typeof trigger !== 'string' || trigger === '') throw invalid('trigger must be a string that is not empty')
  if (holdBackAt !== undefined && holdBackAt !== 'WARNING' && holdBackAt !== 'ERROR') throw invalid("holdBackAt must be 'WARNING' or 'ERROR'")
  return class extends FinalizingTriggerManager {
    static override readonly finalTrigger = trigger
    static override readonly holdBackAt = holdBackAt ?? null
  }
}

function invalid(fault: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `finalizingManager: ${fault}.`)
}
