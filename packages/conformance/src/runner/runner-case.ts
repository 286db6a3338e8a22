import type { ConformanceCase } from '../suite.js'
import type { RunnerSuiteTraits } from './environment.js'
import type { Stage } from './stage.js'

/** A case of the runner suite. */
export type RunnerCase = ConformanceCase<RunnerSuiteTraits, Stage>
