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
 * @throws `InvalidArgument` for what describes no runner
 * @example
 * for (const { id, skipped, run } of runnerSuite({ descriptor, place: () => ({ open: () => myRunner() }) })) {
 *   test.skipIf(skipped !== null)(id, run)
 * }
 */
export function runnerSuite(environment: RunnerEnvironment): readonly SuiteTest[] {
  const traits = traitsOf(environment)
  const { descriptor, patience = PATIENCE } = environment
  const shared = { descriptor, traits, patience, given: new WeakSet<Runner>() }
  return CASES.flatMap((promise) =>
    bindSuite([promise], traits, async (use) => {
      const place = await environment.place()
      checkPlace(place)
      await perform(promise, { ...shared, place }, use)
    }),
  )
}

function checkPlace({ clock, wait }: RunnerPlace): void {
  if ((clock === undefined) === (wait === undefined)) return
  const message = 'place() gives one of clock and wait: give both for virtual time, so that waiting moves the clock, or none of them.'
  throw new TriggerkitError('InvalidArgument', message)
}

async function perform({ id, promise }: RunnerCase, setting: StageSetting, use: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage(setting)
  const failures: unknown[] = []
  await use(stage).catch((error: unknown) => failures.push(error))
  await stage.strike().catch((error: unknown) => failures.push(error))
  if (stage.fault !== null) throw stage.fault
  const [first] = failures
  if (failures.length > 0) throw brokenBy(first, `${id} is broken: ${messageOf(first)}. The promise: ${promise}`)
}

function brokenBy(cause: unknown, message: string): Error {
  return isTriggerkitError(cause) ? new TriggerkitError(cause.code, message, { cause, details: cause.details }) : new Error(message, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
