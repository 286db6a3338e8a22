import { checkName, toJsonObject } from '@triggerkit/config'
import { TriggerkitError } from '@triggerkit/contracts'
import type { Command } from '@triggerkit/core'
import type { ManagerClass } from './trigger-manager.js'

/** What a manager class answers events with. */
export type Reactions = NonNullable<ManagerClass['react']>

/**
 * Reactions whose commands are checked as those of any other caller are.
 * @throws `InvalidArgument` where they answer with no list, `InvalidName`, `InvalidPayload`, `PayloadTooLarge`
 */
export function checkedReactions(react: Reactions, manager: string, maxPayloadBytes: number): Reactions {
  return (events, view) => {
    const commands: unknown = react(events, view) ?? []
    if (!Array.isArray(commands)) throw noList(commands, manager)
    return commands.map((command: Command, index) => checked(command, `react[${index}]`, maxPayloadBytes))
  }
}

function checked(command: Command, path: string, maxBytes: number): Command {
  const { type, trigger, task } = command as { readonly type: Command['type']; readonly trigger?: string; readonly task?: string }
  if (type === 'fire') checkName('trigger', trigger)
  if (type === 'create') checkName('task', task)
  // A configuration has limits of its own.
  return toJsonObject(command, path, { maxBytes: type === 'configure' ? Infinity : maxBytes }) as unknown as Command
}

function noList(answer: unknown, manager: string): TriggerkitError {
  const promise = answer as Partial<PromiseLike<unknown>>
  promise.then?.(undefined, () => undefined) // whatever becomes of it, this error tells what is wrong
  const message = `The reactions of manager ${JSON.stringify(manager)} did not answer with a list of commands. They must do so at once, without waiting for anything.`
  return new TriggerkitError('InvalidArgument', message, { details: { manager } })
}
