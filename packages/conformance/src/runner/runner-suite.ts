import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { Runner } from '@triggerkit/contracts'
import { bindSuite } from '../suite.js'
import type { SuiteTest } from '../suite.js'
import { acceptsCases } from './cases/accepts.js'
import { cancelCases } from './cases/cancel.js'
import { closeCases } from './cases/close.js'
import { delaysCases } from './cases/delays.js'
import { describeCases } from './cases/describe.js'
import { dispatchCases } from './cases/dispatch.js'
import { durableCases } from './cases/durable.js'
import { executeCases } from './cases/execute.js'
import { idleCases } from './cases/idle.js'
import { invokeCases } from './cases/invoke.js'
import { startCases } from './cases/start.js'
import { traitsOf } from './environment.js'
import type { RunnerEnvironment, RunnerPlace } from './environment.js'
import { realPatience } from './patience.js'
import type { RunnerCase } from './runner-case.js'
import { Stage } from './stage.js'
import type { StageSetting } from './stage.js'

const PATIENCE = 4_000

const CASES: readonly RunnerCase[] = [
  ...describeCases,
  ...acceptsCases,
  ...dispatchCases,
  ...startCases,
  ...delaysCases,
  ...executeCases,
  ...cancelCases,
  ...idleCases,
  ...closeCases,
  ...durableCases,
  ...invokeCases,
]

/**
 * The promises of the runner port as tests of one runner, for whatever test framework. The suite is the engine: it hands over jobs
 * and plays the host.
 * @throws `UnsupportedAdapter` for a runner made for another version of the ports
 * @throws `InvalidArgument` for anything but a runner's descriptor
 * @example
 * for (const { id, skipped, run } of runnerSuite({ descriptor, place: () => ({ open: () => myRunner() }) })) {
 *   test.skipIf(skipped !== null)(id, run)
 * }
 */
export function runnerSuite(environment: RunnerEnvironment): readonly SuiteTest[] {
  const traits = traitsOf(environment)
  const { descriptor, place, patience = PATIENCE } = environment
  const shared = { descriptor, traits, patience, given: new WeakSet<Runner>() }
  return CASES.flatMap((promise) => bindSuite([promise], traits, (use) => told(promise, onStage(shared, place, use))))
}

/** Tells of a failure by the case's name. */
async function told({ id, promise }: RunnerCase, running: Promise<void>): Promise<void> {
  try {
    await running
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    const message = `${id} failed: ${what.replace(/\.$/, '')}. The promise: ${promise}`
    throw isTriggerkitError(cause) ? new TriggerkitError(cause.code, message, { cause, details: cause.details }) : new Error(message, { cause })
  }
}

/** Makes a place, lends a stage in it, and clears both away; where several things go wrong, the first counts. */
async function onStage(shared: Omit<StageSetting, 'place'>, makePlace: RunnerEnvironment['place'], use: (stage: Stage) => Promise<void>): Promise<void> {
  const place = await realPatience(shared.patience).within(Promise.resolve(makePlace()), 'place() gives a place')
  checkPlace(place)
  const stage = new Stage({ ...shared, place })
  const failures: unknown[] = []
  await use(stage).catch((error: unknown) => failures.push(error))
  await stage.strike().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

function checkPlace({ clock, wait }: RunnerPlace): void {
  if ((clock === undefined) === (wait === undefined)) return
  const message = 'place() gives one of clock and wait: give both for virtual time, so that waiting moves the clock, or none of them.'
  throw new TriggerkitError('InvalidArgument', message)
}
