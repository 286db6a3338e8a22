import { TriggerkitError } from '@triggerkit/contracts'
import type { Records } from '@triggerkit/contracts'
import { advance, Draft } from '@triggerkit/core'
import type { Answer, Command, Effect, Event, Inputs, Refusal, View } from '@triggerkit/core'
import type { ManagerTraits } from './manager-traits.js'

/** What a piece of work did to the draft. */
export interface Done<TAnswer> {
  readonly answer: TAnswer
  readonly effects: readonly Effect[]
  readonly events: readonly Event[]
  readonly refusal: Refusal | null
}

/** Something to be committed to one session: a command, or a transaction of several. */
export interface Work<TAnswer> {
  readonly traits: ManagerTraits
  /** Changes the draft; whatever it throws discards what it changed. May be called again after a conflict. */
  carryOut(draft: Draft, recording: Recording): Done<TAnswer>
  /** The archived keys that are wanted with the answer. */
  readonly reads?: ((draft: View) => readonly string[]) | undefined
  /** Runs the hooks; nothing to run: `undefined`. */
  readonly hooks?: ((events: readonly Event[]) => Promise<void> | undefined) | undefined
  /** Takes the records that `reads` asked for. */
  readonly take?: ((records: Records) => void) | undefined
  /** The incarnation of the session that it concerns, where an execution gives it: a session that came after has to do with neither. */
  readonly incarnation?: string | undefined
  /** The id with which the work can safely be repeated. */
  readonly id: string | undefined
  /** Whether its id may be that of a command which was carried out before. */
  readonly mayRepeat: boolean
  /** Whether it leaves the draft as it was when it throws, so that it needs none of its own. */
  readonly atomic: boolean
  /**
   * Whether it waits for its outcome however long that takes, and is taken however much is queued: so are begin, end and
   * transactions of an execution, which are fenced, and whose loss would mean to run it again.
   */
  readonly patient: boolean
  /** Whether an execution, a hook or the sweep gives it: such work is still taken while the engine drains. */
  readonly inner: boolean
}

/** Makes a transition's inputs, and keeps them where they are recorded. */
export interface Recording {
  inputs(command: Command, traits: ManagerTraits): Inputs
  /** Does something; what that records is forgotten if it throws. */
  whole<TDone>(act: () => TDone): TDone
  /** Keeps what was recorded since the last call, or forgets it. */
  keep(kept: boolean): void
  /** Notes that a command failed which may have been carried out before under this id: that decides about its answer. */
  doubt(id: string): void
}

/** Reactions and their consequences may take so many rounds before they count as endless. */
export const MAX_REACTION_ROUNDS = 100

/** Carries a command out on a draft, with whatever its manager's reactions add to it; an error leaves the draft as it was. */
export function carryOut<TAnswer extends Answer>(
  draft: Draft,
  command: Command,
  traits: ManagerTraits,
  recording: Recording,
): Done<TAnswer> {
  const own = traits.react === undefined ? draft : new Draft(draft)
  const { answer, effects, events, refusal } = advance(own, command, recording.inputs(command, traits))
  if (traits.react === undefined) return { answer: answer as TAnswer, effects, events, refusal }
  const done = { effects: [...effects], events: [...events], refusal }
  react(own, traits, recording, done)
  draft.absorb(own.changes)
  return { answer: answer as TAnswer, ...done }
}

interface Gathered {
  readonly effects: Effect[]
  readonly events: Event[]
  refusal: Refusal | null
}

function react(draft: Draft, traits: ManagerTraits, recording: Recording, done: Gathered): void {
  let news: readonly Event[] = done.events
  for (let round = 0; ; round += 1) {
    const commands = traits.react?.(news, draft) ?? []
    if (commands.length === 0) return
    if (round === MAX_REACTION_ROUNDS) throw reactionLoop(traits.key)
    news = commands.flatMap((command) => {
      const { effects, events, refusal } = advance(draft, command, recording.inputs(command, traits))
      done.effects.push(...effects)
      done.events.push(...events)
      done.refusal ??= refusal
      return events
    })
  }
}

function reactionLoop(manager: string): TriggerkitError {
  const message = `The reactions of manager ${JSON.stringify(manager)} went on for ${MAX_REACTION_ROUNDS} rounds: they answer each other endlessly. Nothing was committed.`
  return new TriggerkitError('ReactionLoop', message, { details: { manager } })
}

/** Does a piece of work on the group's draft; an error leaves that as it was. */
export function attempt<TAnswer>(group: Draft, work: Work<TAnswer>, recording: Recording): Done<TAnswer> {
  const { traits } = work
  checkManager(group, traits)
  const tasks = group.taskCount > 0 ? undefined : traits.configuration
  if (tasks !== undefined) return attemptFirst(group, work, { type: 'configure', tasks, catchUp: true }, recording)
  if (work.atomic) return work.carryOut(group, recording)
  const draft = new Draft(group)
  const done = work.carryOut(draft, recording)
  group.absorb(draft.changes)
  return done
}

/** Does the first work of a session, on top of its default configuration; work that changes nothing makes no session. */
function attemptFirst<TAnswer>(group: Draft, work: Work<TAnswer>, configure: Command, recording: Recording): Done<TAnswer> {
  const configured = new Draft(group)
  const first = carryOut(configured, configure, work.traits, recording)
  const draft = new Draft(configured)
  const done = work.carryOut(draft, recording)
  if (draft.isEmpty) {
    recording.keep(false)
    return done
  }
  group.absorb(configured.changes)
  group.absorb(draft.changes)
  const effects = [...first.effects, ...done.effects]
  return { ...done, effects, events: [...first.events, ...done.events], refusal: done.refusal ?? first.refusal }
}

function checkManager({ session }: View, { key }: ManagerTraits): void {
  if (session === null || session.manager === key) return
  const message = `The session belongs to manager ${JSON.stringify(session.manager)} and was addressed through ${JSON.stringify(key)}. Use triggers.manager(uid, { manager: ${JSON.stringify(session.manager)} }).`
  throw new TriggerkitError('ManagerMismatch', message, { details: { manager: key, owner: session.manager } })
}
