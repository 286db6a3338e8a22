import { API_VERSION } from '@triggerkit/contracts'
import type { Clock, Runner, Timer } from '@triggerkit/contracts'
import { describe, expect, it, test } from 'vitest'

import { brokenDelays } from './broken/broken-delays.js'
import { brokenDispatching } from './broken/broken-dispatching.js'
import { brokenDurability } from './broken/broken-durability.js'
import { brokenEnds } from './broken/broken-ends.js'
import { brokenExecuting } from './broken/broken-executing.js'
import { brokenInvoking } from './broken/broken-invoking.js'
import { Broker } from './broken/broker.js'
import { FaithfulRunner } from './broken/faithful-runner.js'
import type { Making } from './broken/faithful-runner.js'
import type { RunnerEnvironment, RunnerPlace, RunnerSuiteTraits } from './environment.js'
import { runnerSuite } from './runner-suite.js'

const TRAITS: RunnerSuiteTraits = { durable: false, delays: true, cancels: false, elsewhere: false }
/** Only a runner with real threads keeps these: `worker-thread.test.ts`. */
const NEEDS_A_THREAD = ['runner/cancel/cuts-a-loop', 'runner/invoke/ends-a-loop-at-the-time-limit']

function environment(differing: Partial<RunnerSuiteTraits>, make: (making: Making) => Runner = (making) => new FaithfulRunner(making)): RunnerEnvironment {
  const traits = { ...TRAITS, ...differing }
  const { elsewhere, ...capabilities } = traits
  return {
    descriptor: { kind: 'runner', key: 'faithful', package: 'faithful-runner', apiVersion: API_VERSION, capabilities },
    elsewhere,
    place: () => {
      const broker = new Broker()
      return { open: () => make({ traits, broker }) }
    },
  }
}

function caseOf(given: RunnerEnvironment, id: string) {
  const found = runnerSuite(given).find((each) => each.id === id)
  if (found === undefined) throw new Error(`There is no case ${id}.`)
  return found
}

async function failureOf(given: RunnerEnvironment, id: string): Promise<Error> {
  return caseOf(given, id).run().then(
    () => expect.fail(`${id} passes`),
    (error: Error) => error,
  )
}

/** Time that passes only when the suite waits. */
class VirtualTime {
  #now = 0
  readonly #timers = new Map<number, { readonly due: number; readonly callback: () => void }>()
  #count = 0

  readonly clock: Clock = {
    monotonic: () => this.#now,
    setTimer: (callback, delay) => {
      this.#timers.set((this.#count += 1), { due: this.#now + delay, callback })
      return this.#count
    },
    clearTimer: (timer: Timer) => void this.#timers.delete(timer as number),
  }

  readonly wait = async (milliseconds: number): Promise<void> => {
    this.#now += milliseconds
    for (const [id, { due, callback }] of [...this.#timers]) {
      if (due <= this.#now && this.#timers.delete(id)) callback()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** So that a limit is one however busy the machine is. */
function inVirtualTime(given: RunnerEnvironment): RunnerEnvironment {
  const place = async (): Promise<RunnerPlace> => {
    const { clock, wait } = new VirtualTime()
    return { ...(await given.place()), clock, wait }
  }
  return { ...given, place }
}

describe.each<[string, Partial<RunnerSuiteTraits>]>([
  ['in process', {}],
  ['without delays', { delays: false }],
  ['durable', { durable: true }],
  ['durable, without delays', { durable: true, delays: false }],
  ['whose code lives elsewhere', { elsewhere: true }],
  ['that cancels', { elsewhere: true, cancels: true }],
])('a faithful runner, %s, passes', (_name, traits) => {
  for (const { id, skipped, run } of runnerSuite(environment(traits))) {
    test.skipIf(skipped !== null || NEEDS_A_THREAD.includes(id))(id, run)
  }
})

describe('a faithful runner passes in virtual time', () => {
  for (const { id, skipped, run } of runnerSuite(inVirtualTime(environment({ durable: true })))) test.skipIf(skipped !== null)(id, run)
})

const broken = [...brokenDispatching, ...brokenDelays, ...brokenExecuting, ...brokenEnds, ...brokenDurability, ...brokenInvoking]

describe('a broken runner is found out:', () => {
  it.each(broken)('one that $defect', async ({ fails, says, traits = {}, make }) => {
    const given = { ...inVirtualTime(environment(traits, make)), patience: 500 }

    const failure = await withoutOtherListeners(() => failureOf(given, fails))

    expect(caseOf(given, fails).skipped).toBeNull()
    expect(failure.message).toContain(`${fails} failed: `)
    expect(failure.message).toContain(says)
  }, 20_000)

  it('for every case there is one', () => {
    const ids = runnerSuite(environment({})).map(({ id }) => id)

    const found = new Set(broken.map(({ fails }) => fails))
    expect(ids.filter((id) => !found.has(id))).toEqual([])
  })
})

describe('what the suite is given', () => {
  it('must be the descriptor of a runner that says what it can', () => {
    const { descriptor, place } = environment({})
    const suiteOf = (differing: object) => () => runnerSuite({ place, descriptor: { ...descriptor, ...differing } })

    const refused = expect.objectContaining({ code: 'InvalidArgument' })
    expect(suiteOf({ kind: 'storage' })).toThrow(refused)
    expect(suiteOf({ key: '' })).toThrow(refused)
    expect(suiteOf({ capabilities: { durable: true, delays: 'yes', cancels: false } })).toThrow(/state true or false for delays/)
    expect(suiteOf({ capabilities: undefined })).toThrow(refused)
  })

  it('must speak the version of the ports that the suite tests', () => {
    const { descriptor, place } = environment({})

    const suite = () => runnerSuite({ place, descriptor: { ...descriptor, apiVersion: API_VERSION + 1 } })

    expect(suite).toThrow(expect.objectContaining({ code: 'UnsupportedAdapter' }))
  })

  it('must be a new runner each time, within a case and from case to case', async () => {
    const same = new FaithfulRunner({ traits: TRAITS, broker: new Broker() })
    const [first, second] = runnerSuite({ ...environment({}), place: () => ({ open: () => same }) })

    await first?.run()
    const failure = await second?.run().catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('the same object twice') })
  })

  it('must be a runner at all', async () => {
    const [first] = runnerSuite({ ...environment({}), place: () => ({ open: () => undefined as never }) })

    await expect(first?.run()).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('open() of runner "faithful" gave no runner') })
  })

  it('must not lie about a capability', async () => {
    const given = environment({}, (making) => new FaithfulRunner({ ...making, traits: { ...TRAITS, durable: true } }))

    const failure = await failureOf(given, 'runner/describe/capabilities-are-the-descriptors')

    expect(failure).toMatchObject({ code: 'InvalidArgument', details: { package: 'faithful-runner', capability: 'durable' } })
  })

  it('must be both a clock and a wait, or none of them', async () => {
    const { clock } = new VirtualTime()
    const { place } = environment({})
    const [first] = runnerSuite({ ...environment({}), place: async () => ({ ...(await place()), clock }) })

    await expect(first?.run()).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})

describe('a case', () => {
  it('is skipped only for what is declared, and each capability has cases for both', () => {
    const reasons = (traits: RunnerSuiteTraits) => new Set(runnerSuite(environment(traits)).map(({ skipped }) => skipped))
    const names = ['durable', 'delays', 'cancels', 'elsewhere'] as const

    const all = reasons({ durable: true, delays: true, cancels: true, elsewhere: true })
    const none = reasons({ durable: false, delays: false, cancels: false, elsewhere: false })

    expect(all).toEqual(new Set([null, ...names.map((name) => `declares ${name}: true`)]))
    expect([...none]).toEqual(expect.arrayContaining([null, 'declares durable: false', 'declares delays: false', 'declares elsewhere: false']))
  })

  it('has a limit, and says by its name what it waited for', async () => {
    class Hanging extends FaithfulRunner {
      override readonly dispatch = (): Promise<never> => new Promise(() => undefined)
      override readonly close = (): Promise<never> => new Promise(() => undefined)
    }
    const given = { ...environment({}, (making) => new Hanging(making)), patience: 50 }

    const failure = await failureOf(given, 'runner/dispatch/waits-for-the-start')

    expect(failure.message).toMatch(/^runner\/dispatch\/waits-for-the-start failed: within 50 ms, its patience, it did not happen that dispatch answers\. The promise: /)
  })

  it.each(['place', 'open', 'destroy'] as const)('has a limit for what the environment does, such as %s', async (method) => {
    const given = environment({})
    const hang = (): Promise<never> => new Promise(() => undefined)
    const place = async (): Promise<RunnerPlace> => ({ ...(await given.place()), [method]: hang })

    const failure = await failureOf({ ...given, patience: 50, place: method === 'place' ? hang : place }, 'runner/describe/has-a-key')

    expect(failure.message).toContain(`runner/describe/has-a-key failed: within 50 ms, its patience, it did not happen that ${method}()`)
  })

  it('clears its place away, also where the promise is broken', async () => {
    const destroyed: string[] = []
    const withPlace = (name: string, make?: (making: Making) => Runner): RunnerEnvironment => {
      const given = environment({}, make)
      return { ...given, patience: 100, place: async () => ({ ...(await given.place()), destroy: () => void destroyed.push(name) }) }
    }

    await caseOf(withPlace('kept'), 'runner/describe/has-a-key').run()
    await failureOf(withPlace('broken', brokenDispatching[1]?.make), 'runner/describe/has-a-key')

    expect(destroyed).toEqual(['kept', 'broken'])
  })
})

/** The framework takes an unhandled rejection for a fault of its own test, also where a runner was made to leave one. */
async function withoutOtherListeners<TValue>(body: () => Promise<TValue>): Promise<TValue> {
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  try {
    return await body()
  } finally {
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
}
