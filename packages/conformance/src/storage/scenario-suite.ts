import type { Storage } from '@triggerkit/contracts'
import { replayScenario } from '../replay-scenario.js'
import type { ScenarioRunner } from '../replay-scenario.js'
import type { Scenario } from '../scenario.js'
import { bindSuite } from '../suite.js'
import type { SuiteTest } from '../suite.js'
import { BrokenPromise } from './assertions.js'
import { checkDescriptor } from './environment.js'
import type { StorageEnvironment } from './environment.js'
import { storageCase } from './storage-case.js'
import type { StorageCase } from './storage-case.js'
import { Workplace } from './workplace.js'

/**
 * The tests that replay recorded scenarios over a storage, one each, `storage/scenario/<name>`.
 * @param runner - executes each step's job, see `ScenarioEnvironment`; by default the application does
 * @throws `InvalidArgument` for the descriptor of another kind of adapter, and for one that is silent on a capability
 * @throws `UnsupportedAdapter` for an adapter made for another version of the ports
 */
export function scenarioSuite(environment: StorageEnvironment, scenarios: readonly Scenario[], runner?: ScenarioRunner): readonly SuiteTest[] {
  checkDescriptor(environment.descriptor)
  const opened = new WeakSet<Storage>()
  return bindSuite(scenarios.map((scenario) => replayed(scenario, runner)), environment.descriptor.capabilities, (use) => Workplace.lend(environment, opened, use))
}

function replayed(scenario: Scenario, runner: ScenarioRunner | undefined): StorageCase {
  return storageCase(`scenario/${scenario.name}`, 'A workflow goes as it was recorded, step by step.', async (place) => {
    const failure = await replayScenario(scenario, { uid: 'scenario', open: () => place.open(), ...(runner !== undefined && { runner }) })

    if (failure === undefined) return
    const { step, operation, path, expected, actual } = failure
    throw new BrokenPromise(`step ${step} (${operation}), at ${path}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`)
  })
}
