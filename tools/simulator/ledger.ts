import type { Step } from './plan.js'

/** How an attempt came out for the client: by what it was told, or was not. */
export type Outcome = 'open' | 'acknowledged' | 'unknown' | 'rejected'

export interface Attempt {
  readonly by: string
  outcome: Outcome
  code: string
  /** The firings' ids that the answer named. */
  firings: readonly string[]
}

/** All that came of one wish. */
export interface Entry {
  readonly step: Step
  /** Marks what the wish commands in the history of its session. */
  readonly marker: string
  /** The command's id, if the client gave it one. */
  readonly id: string | undefined
  /** The instance that it is about, chosen when it was first uttered. */
  instance: string | undefined
  readonly attempts: Attempt[]
}

/** What clients wished, and what they were told: the one side of the comparison with what was applied. */
export class Ledger {
  readonly entries: Entry[] = []

  open(step: Step): Entry {
    const marker = `w${step.number}`
    // Who commands something that has no room for a marker must give it an id, or could not be told from others.
    const named = step.named || !['fire', 'fire together', 'set status', 'delete'].includes(step.wish.type)
    const entry: Entry = { step, marker, id: named ? marker : undefined, instance: undefined, attempts: [] }
    this.entries.push(entry)
    return entry
  }

  /** How many attempts came out so. */
  count(outcome: Outcome): number {
    return this.entries.flatMap(({ attempts }) => attempts).filter((attempt) => attempt.outcome === outcome).length
  }
}
