import { parseScenarios, scenarioSuite, storageSuite } from '@triggerkit/conformance'
import generated from '@triggerkit/conformance/scenarios/generated.json?raw'
import reference from '@triggerkit/conformance/scenarios/reference-tests.json?raw'
import { deleteDB } from 'idb'
import { test } from 'vitest'

import { indexedDbStorage, indexedDbStorageDescriptor } from './index.js'

const scenarios = [...parseScenarios(reference, 'reference-tests.json'), ...parseScenarios(generated, 'generated.json')]
const environment = {
  descriptor: indexedDbStorageDescriptor,
  place: () => {
    const name = `conformance ${crypto.randomUUID()}`
    let now = 1_700_000_000_000
    return {
      open: () => indexedDbStorage({ name, now: () => now }),
      wait: async (milliseconds: number) => void (now += milliseconds),
      destroy: () => deleteDB(`triggerkit:${name}`),
    }
  },
}

for (const { id, skipped, run } of [...storageSuite(environment), ...scenarioSuite(environment, scenarios)]) {
  test.skipIf(skipped !== null)(id, run, 60_000)
}
