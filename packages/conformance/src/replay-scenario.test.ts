import type { DispatchAnswer, Job, Runner, RunnerHost } from '@triggerkit/contracts'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'

import reference from '../scenarios/reference-tests.json' with { type: 'json' }
import { behaviours } from './behaviours.js'
import { replayScenario } from './replay-scenario.js'
import type { ScenarioRunner } from './replay-scenario.js'
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

async function replay(given: Scenario, runner?: ScenarioRunner): ReturnType<typeof replayScenario> {
  const store = new MemoryStore()
  return replayScenario(given, { uid: 'scenario', open: () => memoryStorage({ store }), ...(runner !== undefined && { runner }) })
}

/** A runner with task functions of its own, as if its code lived elsewhere. */
class OwnTasks implements Runner {
  readonly key = 'own'
  readonly capabilities = { durable: false, delays: false, cancels: false }
  readonly executed: string[] = []
  closed = false
  readonly #retryLimit: number
  readonly #answer: DispatchAnswer
  #host!: RunnerHost

  constructor(retryLimit: number, answer: DispatchAnswer = 'taken') {
    this.#retryLimit = retryLimit
    this.#answer = answer
  }

  async start(host: RunnerHost): Promise<void> {
    this.#host = host
  }

  async dispatch(job: Job): Promise<DispatchAnswer> {
    const task = behaviours(this.#retryLimit).find(({ name }) => name === job.run)
    if (task === undefined) throw new Error(`There is no ${job.run}.`)
    await this.#host.execute(job, (call, signal, port) => {
      this.executed.push(job.run)
      return task.perform(call, signal, port)
    })
    return this.#answer
  }

  async cancel(): Promise<void> {}

  async idle(): Promise<void> {}

  async close(): Promise<void> {
    this.closed = true
  }
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

  it('compares the kind of an error, and not the type that the original raised', async () => {
    const step = { op: 'markInstanceLogsResolved', instance: 't_a#0' } as const
    const raised = (kind: string): Scenario => ({
      name: 'an instance that is not there',
      steps: [{ ...step, expect: { ...NOTHING, error: { kind, pythonType: 'KeyError' } } }],
    })

    expect(await replay(raised('UnknownInstance'))).toBeUndefined()
    expect(await replay(raised('NotFailed'))).toMatchObject({ path: 'error.kind' })
  })

  it('compares kwargs that have the name of that type', async () => {
    const kwargs = { pythonType: 'ValueError' }
    const recorded: Expectation = { ...NOTHING, latestKwargs: { x: { pythonType: 'KeyError' } }, hooks: [['postFire', 'x', []]] }

    const failure = await replay({ name: 'kwargs that are not as recorded', steps: [{ op: 'fire', trigger: 'x', kwargs, expect: recorded }] })

    expect(failure).toMatchObject({ path: 'latestKwargs.x.pythonType' })
  })

  it('takes -0 for 0, as payloads do', async () => {
    const recorded: Expectation = { ...NOTHING, latestKwargs: { x: { n: [-0] } }, hooks: [['postFire', 'x', []]] }

    const failure = await replay({ name: 'a negative zero', steps: [{ op: 'fire', trigger: 'x', kwargs: { n: [-0] }, expect: recorded }] })

    expect(failure).toBeUndefined()
  })
})

describe('replaying a scenario in a runner', () => {
  const [recorded] = parseScenarios(JSON.stringify(reference), 'reference-tests.json').filter(({ steps }) => steps.some(({ op }) => op === 'drain'))

  it('finds no difference where it goes as recorded, by its own task functions alone', async () => {
    const runners: OwnTasks[] = []

    const failure = await replay(recorded as Scenario, (retryLimit) => {
      runners.push(new OwnTasks(retryLimit))
      return runners[0] as OwnTasks
    })

    expect(failure).toBeUndefined()
    expect(runners).toEqual([expect.objectContaining({ closed: true, executed: expect.arrayContaining([expect.any(String)]) as string[] })])
  })

  it('rejects for one that does not take a new job, and closes it', async () => {
    const runner = new OwnTasks(3, 'spent')

    await expect(replay(recorded as Scenario, () => runner)).rejects.toMatchObject({ name: 'BrokenPromise' })

    expect(runner.closed).toBe(true)
  })

  it('rejects for one that takes a job and never executes it', async () => {
    const runner = new OwnTasks(3)
    runner.dispatch = async () => 'taken'

    await expect(replay(recorded as Scenario, () => runner)).rejects.toMatchObject({ name: 'BrokenPromise', message: expect.stringContaining('had not executed') })
  })
})

describe('a scenario file', () => {
  it('is refused by name if it is no JSON or has another format', () => {
    expect(() => parseScenarios('{', 'a.json')).toThrow(/a\.json is no scenario file: it is no JSON/)
    expect(() => parseScenarios('{"formatVersion":2}', 'b.json')).toThrow(/formatVersion is 2/)
    expect(() => parseScenarios('null', 'c.json')).toThrow(/formatVersion is undefined/)
  })

  it.each([
    [7, 'scenario 1 has no steps'],
    [{ name: 's' }, 'scenario 1 has no steps'],
    [{ name: 's', steps: [{ op: 'drain' }] }, 'step 1 of "s" has no expectation'],
    [{ name: 's', steps: [{ op: 'drain', expect: {} }, { op: 'drane', expect: {} }] }, 'step 2 of "s" has the operation "drane", which the format does not know'],
    [{ name: 's', steps: [{ op: 'toString', expect: {} }] }, 'step 1 of "s" has the operation "toString", which the format does not know'],
  ])('is refused for %j', (scenario, why) => {
    expect(() => parseScenarios(JSON.stringify({ formatVersion: 1, scenarios: [scenario] }), 'd.json')).toThrow(`d.json is no scenario file: ${why}.`)
  })
})
