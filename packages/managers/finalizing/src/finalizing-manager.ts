import { hasLogged, isTaskUnresolved, TriggerManager } from '@triggerkit/engine'
import type { Command, Event, View } from '@triggerkit/engine'

/**
 * Fires a trigger once, as soon as nothing else in the session is left to do, in the very commit that resolves the last
 * thing. Tasks that wait for that trigger don't count; a task without instances counts as unresolved.
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
    const open = view.tasks().some(({ name, configuration }) => {
      return isTaskUnresolved(view, name) && !configuration.after.includes(finalTrigger)
    })
    if (open || (holdBackAt !== null && hasLogged(view, holdBackAt))) return []
    return [{ type: 'fire', trigger: finalTrigger, kwargs: {} }]
  }
}

export interface FinalizingOptions {
  /** Default `sessionFinalized`. */
  readonly trigger?: string
  /** Default: no log level holds back. */
  readonly holdBackAt?: 'WARNING' | 'ERROR'
}

/** The finalizing manager with another trigger, or one that waits for logs to be looked at. */
export function finalizingManager({ trigger = 'sessionFinalized', holdBackAt }: FinalizingOptions = {}): typeof FinalizingTriggerManager {
  return class extends FinalizingTriggerManager {
    static override readonly finalTrigger = trigger
    static override readonly holdBackAt = holdBackAt ?? null
  }
}
