import { isTriggerkitError } from '@triggerkit/contracts'
import type { Storage } from '@triggerkit/contracts'
import { MemoryStore, memoryStorage, memoryStorageDescriptor } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'

import { storageSuite } from './storage-suite.js'
import type { StorageEnvironment, StoragePlace } from './environment.js'
import { scenarioSuite } from './scenario-suite.js'
import type { SuiteTest } from '../suite.js'

function environment(place: () => StoragePlace, given: Partial<StorageEnvironment> = {}): StorageEnvironment {
  return { descriptor: memoryStorageDescriptor, place, ...given }
}

function inMemory(): StoragePlace {
  const store = new MemoryStore()
  return { open: () => memoryStorage({ store }) }
}

function test(tests: readonly SuiteTest[], id: string): SuiteTest {
  return tests.find((one) => one.id === id) as SuiteTest
}

async function failureOf(running: Promise<void>): Promise<unknown> {
  return running.then(
    () => undefined,
    (error: unknown) => error,
  )
}

function codeOf(make: () => unknown): string | undefined {
  try {
    make()
    return undefined
  } catch (error) {
    return isTriggerkitError(error) ? error.code : String(error)
  }
}

describe('the storage suite', () => {
  it('has a stable id and a sentence for every case', () => {
    const tests = storageSuite(environment(inMemory))

    expect(new Set(tests.map(({ id }) => id)).size).toBe(tests.length)
    for (const { id, promise } of tests) {
      expect(id).toMatch(/^storage\/[a-zA-Z-]+\/[a-z0-9-]+$/)
      expect(promise).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('skips by declared capability alone, and then asserts the refusal', () => {
    const { capabilities } = memoryStorageDescriptor

    const skipped = storageSuite(environment(inMemory)).filter((one) => one.skipped !== null)

    expect(capabilities).toMatchObject({ durable: false, commitMany: false, watch: true })
    expect(new Set(skipped.map((one) => one.skipped))).toEqual(new Set(['declares durable: false', 'declares commitMany: false', 'declares watch: true']))
    expect(skipped.map(({ id }) => id)).not.toContain('storage/commitMany/is-absent-where-not-offered')
  })

  it('refuses the descriptor of another kind and one for other ports, before anything runs', () => {
    const runner = { ...memoryStorageDescriptor, kind: 'runner' } as never
    const future = { ...memoryStorageDescriptor, apiVersion: 2 }

    const codes = [runner, future].map((descriptor) => codeOf(() => storageSuite(environment(inMemory, { descriptor }))))

    expect(codes).toEqual(['InvalidArgument', 'UnsupportedAdapter'])
    expect(codeOf(() => scenarioSuite(environment(inMemory, { descriptor: future }), []))).toBe('UnsupportedAdapter')
  })

  it('says so where a place opens the same storage twice', async () => {
    const storage = memoryStorage()
    const tests = storageSuite(environment(() => ({ open: () => storage })))

    const failure = await failureOf(test(tests, 'storage/load/sees-other-storages-commits').run())

    expect(failure).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('the same storage twice') })
  })

  it('says so, too, where several places open the same storage', async () => {
    const storage = memoryStorage()
    const tests = storageSuite(environment(() => ({ open: () => storage })))
    await test(tests, 'storage/load/finds-no-session').run()

    const failure = await failureOf(test(tests, 'storage/load/finds-a-session-without-records').run())

    expect(failure).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('the same storage twice') })
  })

  it('says so where a place opens nothing', async () => {
    const tests = storageSuite(environment(() => ({ open: () => undefined as never })))

    const failure = await failureOf(test(tests, 'storage/load/finds-no-session').run())

    expect(failure).toMatchObject({ code: 'InvalidArgument', message: 'place().open() of "memory" gave no storage; return one.' })
  })

  it('refuses a descriptor that is silent on a capability, which would be neither tested nor its absence', () => {
    const { watch: _watch, ...vague } = memoryStorageDescriptor.capabilities

    const suites = [vague, { ...vague, watch: 'yes' }, { ...vague, watch: true, shared: 'world' }, undefined].map(
      (capabilities) => () => storageSuite(environment(inMemory, { descriptor: { ...memoryStorageDescriptor, capabilities: capabilities as never } })),
    )

    expect(suites.map(codeOf)).toEqual(suites.map(() => 'InvalidArgument'))
    expect(suites[0]).toThrow('must state true or false for watch')
    expect(suites[2]).toThrow('of shared')
  })

  it.each([
    ['capabilities.durable', { capabilities: { ...memoryStorageDescriptor.capabilities, durable: true } }],
    ['key', { key: 'another' }],
  ])('says so where a descriptor is wrong about %s', async (path, lie) => {
    const tests = storageSuite(environment(inMemory, { descriptor: { ...memoryStorageDescriptor, ...lie } }))

    const failure = await failureOf(test(tests, 'storage/load/finds-no-session').run())

    expect(failure).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining(path), details: { path } })
  })

  it('closes what it opened and clears the place away, also after a failure', async () => {
    const log: string[] = []
    const logging = (storage: Storage): Storage => {
      const close = storage.close.bind(storage)
      return Object.assign(storage, { load: () => Promise.reject(new Error('no load')), close: () => (log.push('closed'), close()) })
    }
    const place = () => ({ open: () => logging(memoryStorage()), destroy: async () => void log.push('destroyed') })

    const failure = await failureOf(test(storageSuite(environment(place)), 'storage/load/sees-other-storages-commits').run())

    expect(failure).toMatchObject({ message: 'no load' })
    expect(log).toEqual(['closed', 'closed', 'destroyed'])
  })

  it('tells the failure of a case also where its storage cannot be closed', async () => {
    const place = () => ({
      open: () => Object.assign(memoryStorage(), { load: () => Promise.reject(new Error('no load')), close: () => Promise.reject(new Error('no close')) }),
    })
    const tests = storageSuite(environment(place))

    const failures = [await failureOf(test(tests, 'storage/load/finds-no-session').run()), await failureOf(test(tests, 'storage/heartbeat/tells-an-unknown-owner').run())]

    expect(failures.map(String)).toEqual(['Error: no load', 'Error: no close'])
  })

  it('names path and difference in a failure', async () => {
    const store = new MemoryStore()
    const open = () => {
      const storage = memoryStorage({ store })
      const load = storage.load.bind(storage)
      return Object.assign(storage, { load: async (uid: string) => Object.assign(await load(uid), uid === 's' ? { session: { version: { incarnation: 'one', number: 7 } } } : {}) })
    }
    const tests = storageSuite(environment(() => ({ open })))

    const failure = await failureOf(test(tests, 'storage/commit/raises-the-number-by-one').run())

    expect(failure).toMatchObject({ name: 'BrokenPromise', message: 'the version after commit 1, at number: expected 1, found 7' })
  })

  it('prints the seed of a random sequence that failed, and repeats it by that seed', async () => {
    const forgetful = () => {
      const store = new MemoryStore()
      return { open: () => Object.assign(memoryStorage({ store }), { delete: async () => ({ now: 1_700_000_000_000 }) }) }
    }
    const run = (given: Partial<StorageEnvironment>) => failureOf(test(storageSuite(environment(forgetful, given)), 'storage/sequences/agree-with-the-oracle').run())

    const first = String(await run({}))
    const seed = Number(/seed: (-?\d+)/.exec(first)?.[1])
    const [second, third] = [String(await run({ seed })), String(await run({ seed }))]

    expect(first).toMatch(/path: "[\d:]+"/)
    expect(first).toMatch(/BrokenPromise: step \d+ \(\w+\), at /)
    expect(second).toContain(`seed: ${seed}`)
    expect(/path: "[\d:]+"/.exec(third)?.[0]).toBe(/path: "[\d:]+"/.exec(second)?.[0])
  })
})

describe('the scenario suite', () => {
  it('has a test for each scenario, which names the step that differs', async () => {
    const nothing = { error: null, instances: {}, unresolvedTasks: [], unresolvedInstances: [], instancesWithUnresolvedLogs: [], executed: [], hooks: [['postFire', 'x', []]] }
    const fire = (latestKwargs: object) => ({ op: 'fire', trigger: 'x', kwargs: null, expect: { ...nothing, latestKwargs } }) as never
    const scenarios = [{ name: 'right', steps: [fire({ x: {} })] }, { name: 'wrong', steps: [fire({ x: {} }), fire({ x: { y: 1 } })] }]
    const tests = scenarioSuite(environment(inMemory), scenarios)

    const failures = [await failureOf((tests[0] as SuiteTest).run()), await failureOf((tests[1] as SuiteTest).run())]

    expect(tests.map(({ id }) => id)).toEqual(['storage/scenario/right', 'storage/scenario/wrong'])
    expect(failures[0]).toBeUndefined()
    expect(failures[1]).toMatchObject({ message: 'step 2 (fire), at latestKwargs.x.y: expected 1, found undefined' })
  })
})
