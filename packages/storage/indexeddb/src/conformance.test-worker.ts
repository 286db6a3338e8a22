import { parseScenarios, scenarioSuite, storageSuite, type SuiteTest } from '@triggerkit/conformance'
import generated from '@triggerkit/conformance/scenarios/generated.json?raw'
import reference from '@triggerkit/conformance/scenarios/reference-tests.json?raw'
import { deleteDB } from 'idb'

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

export const tests: readonly SuiteTest[] = [...storageSuite(environment), ...scenarioSuite(environment, scenarios)]

/** Runs the test of an id wherever a page asks for it, and answers with its failure. */
async function answer({ data: id }: MessageEvent<string>, port: Pick<MessagePort, 'postMessage'>): Promise<void> {
  const failure = await tests.find((test) => test.id === id)?.run().then(() => null, (error: unknown) => String(error))
  port.postMessage({ id, failure })
}

const scope = globalThis as unknown as { onmessage: unknown; onconnect: unknown; postMessage(message: unknown): void }
if (typeof document === 'undefined') {
  // A service worker hears many pages, answers through the port that it is sent, and must say that it is not done.
  scope.onmessage = (event: MessageEvent<string> & { waitUntil?(done: Promise<void>): void }) => {
    const answered = answer(event, event.ports[0] ?? scope)
    event.waitUntil?.(answered)
  }
  scope.onconnect = ({ ports: [port] }: MessageEvent) => {
    if (port !== undefined) port.onmessage = (event: MessageEvent<string>) => void answer(event, port)
  }
}
