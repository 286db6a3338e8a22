import { parseScenarios, scenarioSuite, storageSuite } from '@triggerkit/conformance'
import generated from '@triggerkit/conformance/scenarios/generated.json?raw'
import reference from '@triggerkit/conformance/scenarios/reference-tests.json?raw'
import { test } from 'vitest'

import { MemoryStore, memoryStorage, memoryStorageDescriptor } from './index.js'

const scenarios = [...parseScenarios(reference, 'reference-tests.json'), ...parseScenarios(generated, 'generated.json')]
const environment = {
  descriptor: memoryStorageDescriptor,
  place: () => {
    const store = new MemoryStore()
    let now = 1_700_000_000_000
    return { open: () => memoryStorage({ store, now: () => now }), wait: async (milliseconds: number) => void (now += milliseconds) }
  },
}

for (const { id, skipped, run } of [...storageSuite(environment), ...scenarioSuite(environment, scenarios)]) {
  test.skipIf(skipped !== null)(id, run)
}
