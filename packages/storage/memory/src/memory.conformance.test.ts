import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { parseScenarios, scenarioSuite, storageSuite } from '@triggerkit/conformance'
import { test } from 'vitest'

import { MemoryStore, memoryStorage, memoryStorageDescriptor } from './index.js'

const { resolve } = createRequire(import.meta.url)
const scenarios = ['reference-tests.json', 'generated.json'].flatMap((file) =>
  parseScenarios(readFileSync(resolve(`@triggerkit/conformance/scenarios/${file}`), 'utf8'), file),
)
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
