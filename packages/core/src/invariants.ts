import { isResolved, logsRelevant } from './selectors.js'
import type { SessionState } from './session-state.js'
import type { Instance, Task } from './state.js'

/** A broken invariant of `state.ts`, by its id. */
export interface Violation {
  readonly invariant: string
  readonly message: string
}

/**
 * Checks the invariants of `state.ts`.
 * @param resolved - the archived instances, for those invariants that speak of all of them
 */
export function violations(state: SessionState, resolved: readonly Instance[] = []): readonly Violation[] {
  const unresolved = state.tasks().flatMap(({ name }) => state.unresolved(name))
  const found: Violation[] = []
  const check = (invariant: string, holds: boolean, message: string): void => {
    if (!holds) found.push({ invariant, message })
  }
  state.tasks().forEach((task, place) => check('C7', task.index === place, `${task.name} has index ${task.index} at place ${place}`))
  for (const instance of unresolved) check('C5', !isResolved(instance.status), `${instance.name} is ${instance.status} but in the working set`)
  for (const instance of resolved) check('C5', isResolved(instance.status), `${instance.name} is ${instance.status} but archived`)
  for (const instance of [...unresolved, ...resolved]) checkInstance(state, instance, check)
  const names = [...unresolved, ...resolved].map(({ name }) => name)
  check('C1', new Set(names).size === names.length, 'two instances share a name')
  for (const task of state.tasks()) checkCounters(state, task, [...unresolved, ...resolved], check)
  return found
}

type Check = (invariant: string, holds: boolean, message: string) => void

function checkInstance(state: SessionState, instance: Instance, check: Check): void {
  const { name, task, number, handOver, status } = instance
  const { revision } = state.task(task) as Task
  check('C1', number < state.counters(task).count, `${name} has a number that its task never gave out`)
  for (const [trigger] of instance.firings) {
    check('C2', state.latestFiring(trigger) !== undefined, `${name} has kwargs of ${trigger}, which never fired`)
  }
  if (handOver === null) return
  check('C3', status === 'scheduled' || status === 'running', `${name} is ${status} with a hand-over`)
  check('C3', handOver.revision <= revision, `${name} was scheduled under a revision that does not exist`)
  check('C4', instance.round > 0 && instance.attempt > 0, `${name} has a hand-over without a round`)
  check('C4', status !== 'running' || instance.used !== null, `${name} runs without kwargs`)
}

function checkCounters(state: SessionState, { name }: Task, instances: readonly Instance[], check: Check): void {
  const { count, warnings, errors } = state.counters(name)
  const own = instances.filter(({ task }) => task === name)
  if (own.length !== count) return // the archive was not given
  const wanting = own.filter((instance) => logsRelevant(instance) && !instance.logsMarked)
  const at = (level: string): number => wanting.filter(({ logLevel }) => logLevel === level).length
  check('C6', at('WARNING') === warnings && at('ERROR') === errors, `${name} counts ${warnings} warnings and ${errors} errors`)
}
