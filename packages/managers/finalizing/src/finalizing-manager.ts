import { TriggerkitError } from '@triggerkit/contracts'
import { TriggerManager } from '@triggerkit/engine'
import type { Command, Event, View } from '@triggerkit/engine'

type Session = NonNullable<View['session']>
type Task = ReturnType<View['tasks']>[number]

/**
 * Fires a trigger once, as soon as nothing else in the session is left to do, in the same commit that resolves the last
 * instance. Tasks that wait for that trigger, even through others, don't count; a task without instances counts as unresolved.
 */
export class FinalizingTriggerManager extends TriggerManager {
  /** The name of the trigger that is fired at the end. */
  static readonly finalTrigger: string = 'sessionFinalized'
  /** The log level at which an instance holds back the end, until its logs are marked as resolved; `null`: none. */
  static readonly holdBackAt: 'WARNING' | 'ERROR' | null = null

  static override react(this: typeof FinalizingTriggerManager, events: readonly Event[], view: View): readonly Command[] {
    const { finalTrigger, holdBackAt } = this
    // A configuration alone ends nothing: a session of which only its last task is known hasn't begun yet.
    if (events.every(({ type }) => type === 'configured')) return []
    if (view.session === null || view.taskCount === 0 || view.latestFiring(finalTrigger) !== undefined) return []
    if (isAnythingOpen(view, view.session, finalTrigger)) return []
    if (holdBackAt !== null && hasLogged(view, holdBackAt)) return []
    return [{ type: 'fire', trigger: finalTrigger, kwargs: {} }]
  }
}

/** Whether some instance's relevant logs reach the level and nobody has marked them as resolved. */
function hasLogged(view: View, level: 'WARNING' | 'ERROR'): boolean {
  return view.tasks().some(({ name }) => {
    const { warnings, errors } = view.counters(name)
    return errors > 0 || (level === 'WARNING' && warnings > 0)
  })
}

/**
 * Which task was found open last, by session: as long as it is, no other needs a look. That saves time and decides nothing,
 * so that reacting stays pure.
 */
const foundOpen = new WeakMap<Session, string>()

/** Whether some task is unresolved that doesn't wait for the end. */
function isAnythingOpen(view: View, session: Session, finalTrigger: string): boolean {
  const late = lateNames(view, finalTrigger)
  const isOpen = ({ name }: Task): boolean => isUnresolved(view, name) && !late.has(name)
  const before = view.task(foundOpen.get(session) ?? '')
  if (before !== undefined && isOpen(before)) return true
  const tasks = view.tasks()
  // Those at the end are mostly resolved last: from there on, what was looked at once is seldom looked at again.
  const open = tasks.slice(0, before?.index).findLast(isOpen) ?? tasks.findLast(isOpen)
  if (open !== undefined) foundOpen.set(session, open.name)
  return open !== undefined
}

/** The final trigger, and the names of the unresolved tasks that wait for it, be it through others. */
function lateNames(view: View, finalTrigger: string): ReadonlySet<string> {
  const late = new Set([finalTrigger])
  // A set's loop comes to what is added meanwhile, too.
  for (const trigger of late) {
    for (const { name, configuration } of view.tasksUsing(trigger)) {
      if (configuration.after.includes(trigger) && isUnresolved(view, name)) late.add(name)
    }
  }
  return late
}

function isUnresolved(view: View, task: string): boolean {
  return view.counters(task).count === 0 || view.unresolved(task).length > 0
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
  if (typeof trigger !== 'string' || trigger === '') throw invalid('trigger must be a non-empty string')
  if (holdBackAt !== undefined && holdBackAt !== 'WARNING' && holdBackAt !== 'ERROR') throw invalid("holdBackAt must be 'WARNING' or 'ERROR'")
  return class extends FinalizingTriggerManager {
    static override readonly finalTrigger = trigger
    static override readonly holdBackAt = holdBackAt ?? null
  }
}

function invalid(fault: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `finalizingManager: ${fault}.`)
}
