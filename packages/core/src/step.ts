import { TriggerkitError } from '@triggerkit/contracts'
import type { ErrorCode, JsonValue } from '@triggerkit/contracts'
import type { Draft } from './draft.js'
import type { Effect } from './effects.js'
import type { Event, StatusEvent } from './events.js'
import { parseInstanceName, placeKey } from './keys.js'
import type { ExecutionId } from './commands.js'
import { logsResolved } from './selectors.js'
import type { RunnerTraits } from './selectors.js'
import type { Instance, InstanceStatus, Task, Timestamps } from './state.js'

/** All that a transition learns from outside. The same inputs give the same outcome. */
export interface Inputs {
  /** The storage's time. */
  readonly now: number
  /** Makes a new, unique firing id. */
  readonly ids: () => string
  /** The process that commits, if it executes, too. */
  readonly owner: string | null
  readonly runners: Runners
  /** The key of the session's manager. */
  readonly manager: string
  /** The log level from which an instance's logs need attention. */
  readonly unresolvedLogs: number
}

/** The runners that the application knows. */
export interface Runners {
  readonly default: string
  readonly get: (key: string) => RunnerTraits | undefined
}

/** One transition on its way. */
export interface Step {
  readonly draft: Draft
  readonly inputs: Inputs
  readonly effects: Effect[]
  readonly events: Event[]
  /** What became of instances; each list in the order in which it happened. */
  readonly created: string[]
  readonly scheduled: string[]
  readonly abandoned: string[]
  /** The instances whose `after` has become complete, still to be scheduled. */
  readonly ready: Instance[]
  /** Set where an instance could not be scheduled; the call rejects then, and what was done before stands. */
  refusal: Refusal | null
}

/** Why an instance could not be scheduled: no such runner, or the runner has no such task function. */
export interface Refusal {
  readonly reason: 'UnknownRunner' | 'UnknownTaskFunction'
  readonly instance: string
  readonly message: string
}

/**
 * Thrown by a transition that needs a resolved instance, which only its caller can read from the archive: the caller
 * loads it and tries again.
 */
export class ArchivedInstanceNeeded extends Error {
  readonly instance: string
  readonly key: string

  constructor(instance: string, key: string) {
    super(`Load ${key} first.`)
    this.name = 'ArchivedInstanceNeeded'
    this.instance = instance
    this.key = key
  }
}

/**
 * The instance of that name.
 * @throws `UnknownInstance` if there is none, {@link ArchivedInstanceNeeded} if it is resolved and not at hand
 */
export function needInstance({ draft }: Step, name: string): Instance {
  const instance = draft.instance(name)
  if (instance !== undefined) return instance
  const { task, number } = parseInstanceName(name) ?? { task: name, number: Infinity }
  const { count } = draft.counters(task)
  if (number < count) throw new ArchivedInstanceNeeded(name, placeKey('i', (draft.task(task) as Task).index, number))
  throw new TriggerkitError('UnknownInstance', `No instance ${JSON.stringify(name)}. Task ${task} has ${count}, from ${task}#0.`, { details: { instance: name } })
}

/**
 * The failed instance of that name.
 * @throws what {@link needInstance} throws, and `NotFailed`
 */
export function needFailed(step: Step, name: string): Instance {
  const instance = needInstance(step, name)
  const { status } = instance
  if (status === 'failed') return instance
  throw new TriggerkitError('NotFailed', `${name} is ${status}: only a failed instance can be replayed or skipped.`, { details: { instance: name, status } })
}

export function taskOf({ draft }: Step, instance: Instance): Task {
  return draft.task(instance.task) as Task
}

/**
 * The instance that an execution runs.
 * @throws `StaleExecutionError` unless it still runs under that very epoch
 */
export function checkExecution({ draft }: Step, { instance: name, epoch }: ExecutionId): Instance {
  const instance = draft.instance(name)
  if (instance?.status === 'running' && instance.handOver !== null && instance.epoch === epoch) return instance
  const message = `This execution of ${name} no longer counts: stop it.`
  throw new TriggerkitError('StaleExecutionError', message, { details: { instance: name } })
}

export function idReused(code: ErrorCode, kind: string, id: string): TriggerkitError {
  return new TriggerkitError(code, `The id ${JSON.stringify(id)} belongs to another ${kind}. Use a new one.`, { details: { id } })
}

/** Stores something of an instance's own in the archive; returns its key. */
export function store(step: Step, kind: 'u' | 'r' | 'k' | 'e', instance: Instance, record: object | string | null): string {
  const key = placeKey(kind, taskOf(step, instance).index, instance.number)
  step.draft.changes.archive.set(key, record as JsonValue)
  return key
}

/** Takes an instance to a status. Any hand-over or execution ends with it, unless `changes` bring a new one. */
export function reach(step: Step, before: Instance, status: InstanceStatus, changes: Partial<Instance> = {}): Instance {
  const type = `instance${status.charAt(0).toUpperCase()}${status.slice(1)}` as StatusEvent['type']
  step.events.push({ type, instance: before.name })
  return put(step, before, {
    ...before,
    ...changes,
    status,
    handOver: changes.handOver ?? null,
    epoch: before.epoch + Number(before.handOver !== null),
    timestamps: stamped(step, before, { [status]: step.inputs.now }),
  })
}

/** Changes an instance, but for its status. */
export function update(step: Step, before: Instance, changes: Partial<Instance>): Instance {
  return put(step, before, { ...before, ...changes, timestamps: stamped(step, before) })
}

// A clock that jumps back takes nothing back.
function stamped({ inputs }: Step, { timestamps }: Instance, reached: Partial<Timestamps> = {}): Timestamps {
  return Object.assign({}, timestamps, { lastModified: Math.max(inputs.now, timestamps.lastModified) }, reached)
}

function put(step: Step, before: Instance, after: Instance): Instance {
  const { unresolvedLogs } = step.inputs
  const resolved = logsResolved(after, unresolvedLogs)
  if (resolved !== logsResolved(before, unresolvedLogs)) store(step, 'u', after, resolved ? null : after.name)
  step.draft.put(after)
  return after
}
