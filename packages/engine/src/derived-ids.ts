import type { Command } from '@triggerkit/core'

/** Marks the ids that the engine derives for what running tasks command. */
export const DERIVED_ID_MARK = '~'

/** With what the ids begin that are derived for an instance's executions. */
export function derivedPrefix(instance: string): string {
  return `${DERIVED_ID_MARK}${instance}/`
}

/** Ids for what a running task commands: a run that is repeated after a crash gives them again, and so does nothing twice. */
export class DerivedIds {
  readonly #scope: string
  readonly #counts = new Map<string, number>()

  /** @param part - tells apart what is counted apart, such as a transaction of the run */
  constructor({ instance, round }: { readonly instance: string; readonly round: number }, part: string = '') {
    this.#scope = `${derivedPrefix(instance)}${round}/${part}`
  }

  next(command: Command): string {
    const subject = subjectOf(command)
    const count = this.#counts.get(subject) ?? 0
    this.#counts.set(subject, count + 1)
    return `${this.#scope}${count}/${subject}`
  }
}

function subjectOf(command: Command): string {
  if (command.type === 'fire') return command.trigger
  const { type, instance, task } = command as { readonly type: string; readonly instance?: string; readonly task?: string }
  return `${type} ${instance ?? task ?? ''}`
}
