import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { parseScenarios, replayScenario } from '@triggerkit/conformance'
import { describe, expect, it } from 'vitest'

import { MemoryStore, memoryStorage } from './index.js'

const { resolve } = createRequire(import.meta.url)

describe.each(['reference-tests.json', 'generated.json'])('memory storage replays the scenarios of %s', (file) => {
  const text = readFileSync(resolve(`@triggerkit/conformance/scenarios/${file}`), 'utf8')

  it.each(parseScenarios(text, file).map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const store = new MemoryStore()

    const failure = await replayScenario(scenario, { uid: 'scenario', open: () => memoryStorage({ store }) })

    expect(failure).toBeUndefined()
  })
})
