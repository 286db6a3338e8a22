import { parseScenarios, replayScenario } from '@triggerkit/conformance'
import generated from '@triggerkit/conformance/scenarios/generated.json?raw'
import recorded from '@triggerkit/conformance/scenarios/reference-tests.json?raw'
import { describe, expect, it } from 'vitest'

import { MemoryStore, memoryStorage } from './index.js'

describe.each([
  ['reference-tests', recorded],
  ['generated', generated],
])('memory storage replays the scenarios of %s', (name, text) => {
  it.each(parseScenarios(text, name).map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const store = new MemoryStore()

    const failure = await replayScenario(scenario, { uid: 'scenario', open: () => memoryStorage({ store }) })

    expect(failure).toBeUndefined()
  })
})
