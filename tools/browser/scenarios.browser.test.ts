import { parseScenarios, scenarioSuite } from '@triggerkit/conformance'
import generated from '@triggerkit/conformance/scenarios/generated.json?raw'
import reference from '@triggerkit/conformance/scenarios/reference-tests.json?raw'
import { webWorkerRunner } from '@triggerkit/runners-web-worker'
import { indexedDbStorage, indexedDbStorageDescriptor } from '@triggerkit/storage-indexeddb'
import { deleteDB } from 'idb'
import { describe, test } from 'vitest'

import code from './behaviours.test-worker.ts?bundle'

const TIME_LIMIT = 60_000

const file = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
const scenarios = [...parseScenarios(reference, 'reference-tests.json'), ...parseScenarios(generated, 'generated.json')]

const environment = {
  descriptor: indexedDbStorageDescriptor,
  place: () => {
    const name = `scenario in workers ${crypto.randomUUID()}`
    return { open: () => indexedDbStorage({ name }), destroy: () => deleteDB(`triggerkit:${name}`) }
  },
}

const inWorker = (retryLimit: number) => webWorkerRunner({ spawn: () => new Worker(file, { type: 'module', name: String(retryLimit) }), workers: 1 })

describe.concurrent('recorded with IndexedDB and Web Workers', () => {
  for (const { id, run } of scenarioSuite(environment, scenarios, inWorker)) test(id, run, TIME_LIMIT)
})
