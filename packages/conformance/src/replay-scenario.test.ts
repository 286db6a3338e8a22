import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'

import { replayScenario } from './replay-scenario.js'
import { parseScenarios } from './scenario.js'
import type { Expectation, Scenario } from './scenario.js'

const NOTHING: Expectation = {
  error: null,
  instances: {},
  latestKwargs: {},
  unresolvedTasks: [],
  unresolvedInstances: [],
  instancesWithUnresolvedLogs: [],
  executed: [],
  hooks: [],
}

function scenario(expect: Partial<Expectation>): Scenario {
  const steps = [{ op: 'fire', trigger: 'x', kwargs: null, expect: { ...NOTHING, ...expect } }] as const
  return { name: 'a fire without tasks', steps }
}

async function replay(given: Scenario): ReturnType<typeof replayScenario> {
  const store = new MemoryStore()
  return replayScenario(given, { uid: 'scenario', open: () => memoryStorage({ store }) })
}

describe('replaying a scenario', () => {
  it('finds no difference where everything is as recorded', async () => {
    const failure = await replay(scenario({ latestKwargs: { x: {} }, hooks: [['postFire', 'x', []]] }))

    expect(failure).toBeUndefined()
  })

  it('names step, operation and path of the first difference', async () => {
    const failure = await replay(scenario({ latestKwargs: { x: { y: 1 } }, hooks: [['postFire', 'x', []]] }))

    expect(failure).toEqual({ step: 1, operation: 'fire', path: 'latestKwargs.x.y', expected: 1, actual: undefined })
  })

  it('sees a hook that was not called, and an error that was not raised', async () => {
    expect(await replay(scenario({ latestKwargs: { x: {} } }))).toMatchObject({ path: 'hooks.0' })
    expect(await replay(scenario({ error: { kind: 'UnknownRunner' } }))).toMatchObject({ path: 'error' })
  })
})

describe('a scenario file', () => {
  it('is refused by name if it is no JSON or has another format', () => {
    expect(() => parseScenarios('{', 'a.json')).toThrow(/a\.json is no scenario file: it is no JSON/)
    expect(() => parseScenarios('{"formatVersion":2}', 'b.json')).toThrow(/formatVersion is 2/)
    expect(() => parseScenarios('null', 'c.json')).toThrow(/formatVersion is undefined/)
  })
})
