import type { Plan } from './plan.js'
import { simulate } from './simulation.js'
import type { Outcome } from './simulation.js'
import type { System } from './system.js'

/** How many runs finding a shorter story may cost. */
const MAX_RUNS = 600

/** A plan that fails, and how it does. */
export interface Failing {
  readonly plan: Plan
  readonly outcome: Outcome
}

/** Leaves out of a failing plan whatever faults and client steps it fails without, by the same invariant. */
export async function shrink(plan: Plan, system: System): Promise<Failing | null> {
  const outcome = await simulate(plan, system)
  const [violation] = outcome.violations
  if (violation === undefined) return null
  const search = new Search(system, violation.invariant, { plan, outcome })
  for (let before = -1; before !== search.size; ) {
    before = search.size
    await search.leaveOut('faults')
    await search.leaveOut('steps')
  }
  return search.best
}

class Search {
  best: Failing
  readonly #system: System
  readonly #invariant: string
  #runs = 0

  constructor(system: System, invariant: string, first: Failing) {
    this.#system = system
    this.#invariant = invariant
    this.best = first
  }

  get size(): number {
    return this.best.plan.faults.length + this.best.plan.steps.length
  }

  /** Leaves out one part after the other: halves, quarters, and so on down to single ones. */
  async leaveOut(what: 'faults' | 'steps'): Promise<void> {
    for (let length = Math.ceil(this.best.plan[what].length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
      for (let from = 0; from < this.best.plan[what].length; ) {
        const rest = [...this.best.plan[what]]
        rest.splice(from, length)
        if (!(await this.#fails({ ...this.best.plan, [what]: rest }))) from += length
      }
    }
  }

  async #fails(plan: Plan): Promise<boolean> {
    if (this.#runs >= MAX_RUNS) return false
    this.#runs += 1
    const outcome = await simulate(plan, this.#system)
    const same = outcome.violations.some(({ invariant }) => invariant === this.#invariant)
    if (same) this.best = { plan, outcome }
    return same
  }
}

/** Which parts of a seed's plan are left, so that a command can name them. */
export interface Selection {
  readonly steps: readonly number[]
  readonly faults: readonly number[]
}

/** A plan without the parts that are not selected. */
export function selected(plan: Plan, { steps, faults }: Partial<Selection>): Plan {
  return {
    ...plan,
    steps: steps === undefined ? plan.steps : plan.steps.filter(({ number }) => steps.includes(number)),
    faults: faults === undefined ? plan.faults : plan.faults.filter((_, index) => faults.includes(index + 1)),
  }
}

/** The parts of the whole plan that a shorter one consists of. */
export function selectionOf(whole: Plan, part: Plan): Selection {
  return { steps: part.steps.map(({ number }) => number), faults: part.faults.map((fault) => whole.faults.indexOf(fault) + 1) }
}
