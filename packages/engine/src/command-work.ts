import type { Records } from '@triggerkit/contracts'
import type { Answer, Command, Event, View } from '@triggerkit/core'
import type { ManagerTraits } from './manager-traits.js'
import { carryOut } from './work.js'
import type { Work } from './work.js'

/** What a single command may bring along. */
export interface CommandOptions {
  readonly patient: boolean
  readonly hooks?: ((events: readonly Event[]) => Promise<void> | undefined) | undefined
  readonly reads?: (draft: View) => readonly string[]
  readonly take?: (records: Records) => void
}

/** A single command as work. */
export function commandWork<TAnswer extends Answer>(traits: ManagerTraits, command: Command, options: CommandOptions): Work<TAnswer> {
  const { patient, hooks, reads, take } = options
  return {
    traits,
    id: command.id,
    atomic: true,
    patient,
    carryOut: (draft, recording) => carryOut(draft, command, traits, recording),
    ...(hooks !== undefined && { hooks }),
    ...(reads !== undefined && { reads }),
    ...(take !== undefined && { take }),
  }
}
