import type { Runner } from '@triggerkit/contracts'
import type { RunnerSuiteTraits } from '../environment.js'
import type { Making } from './faithful-runner.js'

/** A runner that keeps every promise but one. */
export interface BrokenRunner {
  readonly defect: string
  /** The id of the case that it must fail. */
  readonly fails: string
  /** What the failure says, so that it is known to fail for its defect. */
  readonly says: string
  /** What it declares beside the defaults: delays, and nothing else. */
  readonly traits?: Partial<RunnerSuiteTraits>
  readonly make: (making: Making) => Runner
}
