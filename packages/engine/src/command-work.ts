import type { Records } from '@triggerkit/contracts'
import type { Answer, Command, Event, View } from '@triggerkit/core'
import type { ManagerTraits } from './manager-traits.js'
import { carryOut } from './work.js'
import type { Work } from './work.js'

/** What a single command may bring along. */
export interface CommandOptions {
  readonly patient: boolean
  /** Whether an execution or a hook gives it. Default: as `patient`. */
  readonly inner?: boolean
  /** Whether the caller chose the command's id, so that it may have been carried out before. */
  readonly mayRepeat?: boolean
  /** The incarnation that the execution runs in which gives it. */
  readonly incarnation?: string | undefined
  readonly hooks?: ((events: readonly Event[]) => Promise<void> | undefined) | undefined
  readonly reads?: (draft: View) => readonly string[]
  readonly take?: (records: Records) => void
}

/** A single command as work. */
export function commandWork<TAnswer extends Answer>(traits: ManagerTraits, command: Command, options: CommandOptions): Work<TAnswer> {
  const { patient, inner = patient, mayRepeat = false, incarnation, hooks, reads, take } = options
  return {
    traits,
    incarnation,
    id: command.id,
    mayRepeat: mayRepeat && command.type !== 'fire', // a firing knows its id itself
    atomic: true,
    patient,
    inner: inner || command.type === 'requeue',
    carryOut: (draft, recording) => carryOut(draft, command, traits, recording),
    hooks,
    reads,
    take,
  }
}
