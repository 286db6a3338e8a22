import { TriggerkitError } from '@triggerkit/contracts'
import type { SessionState } from '@triggerkit/core'

/** How many names an error lists. */
const SHOWN = 20

/** The error for a task that the session doesn't have: it names those that there are. */
export function unknownTask(state: SessionState, task: string): TriggerkitError {
  const known = shortList(state.tasks().map(({ name }) => name))
  return new TriggerkitError('UnknownTask', `No task ${JSON.stringify(task)}. Known: ${known || 'none yet'}.`, { details: { task } })
}

/** The error for an instance that the session doesn't have: given a task's name it lists the task's instances. */
export function unknownInstance(state: SessionState, instance: string): TriggerkitError {
  return new TriggerkitError('UnknownInstance', `No instance ${JSON.stringify(instance)}. ${hint(state, instance)}`, { details: { instance } })
}

function hint(state: SessionState, name: string): string {
  if (state.task(name) === undefined) return 'Instances are named <task>#<number>.'
  const { count } = state.counters(name)
  if (count === 0) return 'That is a task; it has no instance yet.'
  return `That is a task; its instances are ${shortList(Array.from({ length: count }, (_, number) => `${name}#${number}`))}.`
}

/** As many names as an error lists. */
export function shortList(names: readonly string[]): string {
  return `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`
}
