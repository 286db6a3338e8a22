import type { JsonObject, JsonValue } from '@triggerkit/contracts'
import type { Changes } from './changes.js'
import type { Command } from './commands.js'
import { Draft } from './draft.js'
import type { Effect } from './effects.js'
import type { Event } from './events.js'
import { namedKey } from './keys.js'
import { RECORD_FORMAT } from './records.js'
import type { Instance } from './state.js'
import { checkExecution, idReused } from './step.js'
import type { Inputs, Refusal, Step } from './step.js'
import { configure } from './transitions/configure.js'
import type { ConfigureAnswer } from './transitions/configure.js'
import { create } from './transitions/create.js'
import type { CreateAnswer } from './transitions/create.js'
import { begin, fail, finish, requeue, skipSelf } from './transitions/execution.js'
import type { BeginAnswer } from './transitions/execution.js'
import { fire } from './transitions/fire.js'
import type { FireAnswer } from './transitions/fire.js'
import { cancel, clone, replay, retry, setStatus, skip } from './transitions/recovery.js'
import type { ReplayAnswer } from './transitions/recovery.js'
import { markLogs, setMetadata } from './transitions/set-metadata.js'
import type { InstanceAnswer } from './transitions/set-metadata.js'
import type { View } from './view.js'

/** What a command answers. */
export type Answer =
  | FireAnswer
  | ConfigureAnswer
  | BeginAnswer
  | ReplayAnswer
  | CreateAnswer
  | InstanceAnswer

/** What came of a command: nothing is done by it yet. */
export interface Transition {
  readonly changes: Changes
  readonly effects: readonly Effect[]
  readonly events: readonly Event[]
  readonly answer: Answer
  /** Why an instance could not be scheduled. The rest stands all the same. */
  readonly refusal: Refusal | null
}

/**
 * What each command does; those that an execution gives are also told the instance that it runs. One that has nothing
 * else to say answers with the instance that it is about.
 */
const TRANSITIONS: { readonly [type in Command['type']]: (step: Step, command: Extract<Command, { type: type }>, running: Instance) => Answer | void } = {
  configure,
  fire,
  begin,
  finish,
  fail,
  retry,
  skipSelf,
  replay,
  skip,
  setStatus,
  setMetadata,
  markLogs,
  cancel,
  clone,
  create,
  requeue,
}

/**
 * What a command does to a session: deterministic, and `view` stays untouched.
 * @throws `UnknownInstance`, `UnknownTask`, `NotFailed`, `FiringIdReused`, `CommandIdReused`, `StaleExecutionError`,
 *   `InvalidArgument`; `ArchivedInstanceNeeded` if a resolved instance must be loaded first
 */
export function transition(view: View, command: Command, inputs: Inputs): Transition {
  return advance(new Draft(view), command, inputs)
}

/**
 * As {@link transition}, on a draft that gathers several commands. A command throws before it changes anything, so that
 * one that is refused leaves the draft as it was.
 */
export function advance(draft: Draft, command: Command, inputs: Inputs): Transition {
  const step: Step = { draft, inputs, effects: [], events: [], created: [], scheduled: [], abandoned: [], ready: [], refusal: null }
  const answer = once(step, command)
  if (draft.session === null && !draft.isEmpty) {
    draft.changes.session = { format: RECORD_FORMAT, manager: inputs.manager, created: inputs.now }
  }
  const { effects, events, refusal } = step
  return { changes: draft.changes, effects, events, answer, refusal }
}

/** Carries a command out unless its id shows that this was done before. A firing looks after its id itself. */
function once(step: Step, command: Command): Answer {
  const { id, type } = command
  if (id === undefined || type === 'fire') return carryOut(step, command)
  const key = namedKey('d', id)
  const { instance, task } = command as { readonly instance?: string; readonly task?: string }
  const subject = [type, instance, task].join(' ')
  const known = step.draft.known(key) as JsonObject | undefined
  if (known?.['subject'] === subject) return known['answer'] as unknown as Answer
  if (known !== undefined) throw idReused('CommandIdReused', 'command', id)
  const answer = carryOut(step, command)
  const { changes } = step.draft
  changes.expectAbsent.push(key)
  changes.receipts.set(key, { subject, answer: answer as unknown as JsonValue })
  return answer
}

function carryOut(step: Step, command: Command): Answer {
  const { type, execution } = command
  const { instance } = (execution ?? command) as InstanceAnswer
  const transit = TRANSITIONS[type] as (step: Step, command: Command, running?: Instance) => Answer | void
  return transit(step, command, execution && checkExecution(step, execution)) ?? { instance }
}
