import { isTriggerkitError, type Change, type CommitAnswer, type Version } from '@triggerkit/contracts'
import { startLossyProxy, startRedis } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { redisStorage, type RedisStorage, type RedisStorageOptions } from './index.js'
import { Keys } from './keys.js'

const LIMIT = 30_000
const PATIENCE = { timeout: 15_000, interval: 20 }
const redis = await startRedis()
const proxy = await startLossyProxy(redis.port)
const client = new Redis(redis.url, { maxRetriesPerRequest: null })
client.on('error', () => undefined)
const opened: RedisStorage[] = []
let prefix = ''

beforeEach(() => {
  prefix = `test-${crypto.randomUUID()}`
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((storage) => storage.close()))
})
afterAll(async () => {
  client.disconnect()
  await proxy.stop()
  await redis.stop()
})

function open(options: RedisStorageOptions = {}): RedisStorage {
  const url = 'client' in options ? {} : { url: redis.url }
  const storage = redisStorage({ prefix, commandTimeout: '2s', ...url, ...options })
  opened.push(storage)
  return storage
}

const throughProxy = { url: `redis://127.0.0.1:${proxy.port}` }

function change(number: number, given: Partial<Change> = {}): Change {
  const records = { put: new Map([[`private-${number}`, 'private payload']]), remove: [] }
  const expected: Version = { incarnation: 'one', number: number - 1 }
  return { commitId: crypto.randomUUID(), expect: expected, expectAbsent: [], working: records, archive: records, receipts: new Map(), read: [], wakeAt: null, ...given }
}

/** The answer's outcome, or the code of the failure; whatever is told of a failure tells no payload. */
async function outcomeOf(answer: Promise<CommitAnswer>): Promise<string> {
  try {
    return (await answer).outcome
  } catch (error) {
    if (!isTriggerkitError(error)) throw error
    expect(JSON.stringify([error.message, error.stack, error.details, String(error.cause)])).not.toContain('private')
    return error.code
  }
}

/** Presents a change until it is known to be applied, as the engine does. */
async function persist(storage: RedisStorage, uid: string, presented: Change): Promise<string[]> {
  const outcomes: string[] = []
  await vi.waitFor(async () => {
    outcomes.push(await outcomeOf(storage.commit(uid, presented)))
    expect(['committed', 'alreadyApplied']).toContain(outcomes.at(-1))
  }, PATIENCE)
  return outcomes
}

/** Watches a session that another storage commits to, until the first news has come: what is told, and the number of the latest commit. */
async function watching(storage: RedisStorage, other: RedisStorage): Promise<{ readonly told: readonly (number | undefined)[]; readonly number: number }> {
  const told: (number | undefined)[] = []
  storage.watch('s', (version) => told.push(version?.number))
  let number = 0
  await vi.waitFor(async () => {
    number += 1
    await other.commit('s', change(number))
    expect(told.length).toBeGreaterThan(0)
  }, PATIENCE)
  return { told, number }
}

async function numberOf(uid: string): Promise<number | undefined> {
  return (await open().load(uid)).session?.version.number
}

describe('a reply that is lost after the commit', () => {
  // Reliability, A2: ioredis leaves such a call pending, or sends it again and brings its own conflict.
  it('leaves the outcome unknown, at once, and the change presented again is known', { timeout: LIMIT }, async () => {
    const storage = open({ ...throughProxy, commandTimeout: '60s' })
    await storage.commit('t', change(1))
    const presented = change(1)

    proxy.loseReplies({ count: 1 })
    const outcomes = await persist(storage, 's', presented)

    expect([outcomes[0], outcomes.at(-1)]).toEqual(['OutcomeUnknown', 'alreadyApplied'])
    expect(await numberOf('s')).toBe(1)
  })

  it('leaves the outcome unknown whatever the connection is told of sending commands again', { timeout: LIMIT }, async () => {
    const storage = open({ ...throughProxy, commandTimeout: '60s', connection: { maxRetriesPerRequest: 5, enableOfflineQueue: true } })
    await storage.commit('t', change(1))

    proxy.loseReplies({ count: 1 })

    expect(await outcomeOf(storage.commit('s', change(1)))).toBe('OutcomeUnknown')
  })

  it('is made good where a given client sends the command again', { timeout: LIMIT }, async () => {
    const resending = new Redis(proxy.port, '127.0.0.1')
    const storage = open({ client: resending })
    await storage.commit('t', change(1))

    proxy.loseReplies({ count: 1 })
    const outcome = await outcomeOf(storage.commit('s', change(1))).finally(() => resending.disconnect())

    expect(outcome).toBe('alreadyApplied')
    expect(await numberOf('s')).toBe(1)
  })

  it.each<[string, string, (storage: RedisStorage) => Promise<unknown>]>([
    ['load', 'StorageUnavailable', (storage) => storage.load('s')],
    ['read', 'StorageUnavailable', (storage) => storage.read('s', ['private-1'])],
    ['list', 'StorageUnavailable', (storage) => storage.list('s', { prefix: '', limit: 9 })],
    ['sessions', 'StorageUnavailable', (storage) => storage.sessions({ limit: 9 })],
    ['owners', 'StorageUnavailable', (storage) => storage.owners()],
    ['due', 'OutcomeUnknown', (storage) => storage.due(1)],
    ['heartbeat', 'OutcomeUnknown', (storage) => storage.heartbeat('o', 1_000, true)],
    ['postpone', 'OutcomeUnknown', (storage) => storage.postpone('s', { incarnation: 'one', number: 1 }, 5)],
    ['delete', 'OutcomeUnknown', (storage) => storage.delete('s')],
    ['commitMany', 'OutcomeUnknown', (storage) => storage.commitMany([{ uid: 't', change: change(1) }])],
  ])('ends %s at once with %s, and it can be called again', { timeout: LIMIT }, async (_, code, call) => {
    const storage = open(throughProxy)
    await storage.commit('s', change(1))
    await call(storage)

    proxy.loseReplies({ count: 1 })
    const failure: unknown = await call(storage).catch((error: unknown) => error)

    expect(failure).toMatchObject({ code })
    await vi.waitFor(() => call(storage), PATIENCE)
  })

  it('loses and doubles nothing where every seventh reply is lost', { timeout: LIMIT }, async () => {
    const storage = open(throughProxy)
    await storage.load('s')

    proxy.loseReplies({ every: 7 })
    const lostBefore = proxy.lost
    for (let number = 1; number <= 60; number += 1) await persist(storage, 's', change(number))
    proxy.loseReplies({ every: 0 })

    expect(proxy.lost - lostBefore).toBeGreaterThan(5)
    expect(await numberOf('s')).toBe(60)
  })
})

it('tells watchers what came while neither connection said anything, though nobody cut them', { timeout: LIMIT }, async () => {
  const [storage, other] = [open({ ...throughProxy, commandTimeout: 300 }), open()]
  const { told, number } = await watching(storage, other)
  await storage.load('s')

  proxy.freeze()
  await other.commit('s', change(number + 1))

  await vi.waitFor(() => expect(told.at(-1)).toBe(number + 1), PATIENCE)
})

it('leaves a connection that says nothing any more, though nobody cuts it', { timeout: LIMIT }, async () => {
  const storage = open({ ...throughProxy, commandTimeout: 300 })
  await storage.commit('s', change(1))
  const presented = change(2)

  proxy.freeze()
  const outcomes = await persist(storage, 's', presented)

  expect([outcomes[0], outcomes.at(-1)]).toEqual(['OutcomeUnknown', 'committed'])
  expect(await numberOf('s')).toBe(2)
})

describe('connections that are cut', () => {
  it('leave no call pending, and every change is applied once', { timeout: LIMIT }, async () => {
    const storage = open(throughProxy)
    await storage.load('s')
    const uids = Array.from({ length: 50 }, (_, index) => `s${index}`)

    const persisting = uids.map((uid) => persist(storage, uid, change(1)))
    proxy.cut()
    await Promise.all(persisting)

    expect(await Promise.all(uids.map(numberOf))).toEqual(uids.map(() => 1))
  })

  it('tell watchers, once they are back, what came meanwhile', { timeout: LIMIT }, async () => {
    const [storage, other] = [open(throughProxy), open()]
    const { told, number } = await watching(storage, other)

    proxy.cut()
    await other.commit('s', change(number + 1))

    await vi.waitFor(() => expect(told.at(-1)).toBe(number + 1), PATIENCE)
  })
})

it('goes on when Redis has forgotten its scripts', { timeout: LIMIT }, async () => {
  const storage = open()
  await storage.commit('s', change(1))

  for (let number = 2; number <= 20; number += 1) {
    await client.script('FLUSH')
    expect(await outcomeOf(storage.commit('s', change(number)))).toBe('committed')
  }

  expect(await numberOf('s')).toBe(20)
})

it('ends every wait where Redis pauses its clients, and applies the change once', { timeout: LIMIT }, async () => {
  const storage = open({ commandTimeout: 300 })
  await storage.load('s')
  const presented = change(1)

  await client.client('PAUSE', 3_000)
  const began = performance.now()
  const outcomes = await Promise.all([outcomeOf(storage.commit('s', presented)), outcomeOf(storage.commit('s', presented))])
  const waited = performance.now() - began
  await client.client('UNPAUSE')
  await persist(storage, 's', presented)

  expect(outcomes).toEqual(['OutcomeUnknown', 'OutcomeUnknown'])
  expect(waited).toBeLessThan(2_000)
  expect(await numberOf('s')).toBe(1)
})

describe('what Redis refuses', () => {
  const stateOf = async (uid: string) => Promise.all(new Keys(prefix, 16).of(uid).all.map((key) => client.dumpBuffer(key)))

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['OOM', () => client.config('SET', 'maxmemory', '1'), () => client.config('SET', 'maxmemory', '0')],
    ['READONLY', () => client.replicaof('127.0.0.1', 1), () => client.replicaof('NO', 'ONE')],
    ['NOREPLICAS', () => client.config('SET', 'min-replicas-to-write', '1'), () => client.config('SET', 'min-replicas-to-write', '0')],
  ])('for %s is refused whole, and the same change is applied once there is room', { timeout: LIMIT }, async (reason, begin, end) => {
    const storage = open()
    await storage.commit('s', change(1, { wakeAt: 9e12, ttl: 60_000 }))
    const before = await stateOf('s')
    const presented = change(2, { working: { put: new Map([['w', 1]]), remove: ['private-1'] }, wakeAt: null })

    await begin()
    const failure: unknown = await storage.commit('s', presented).catch((error: unknown) => error)
    const left = await stateOf('s')
    await end()

    expect(failure).toMatchObject({ code: 'StorageRefused', details: { reason } })
    expect(left).toEqual(before)
    await persist(storage, 's', presented)
    expect(await numberOf('s')).toBe(2)
  })

  it('for want of memory leaves room for reading, deleting and for leases', { timeout: LIMIT }, async () => {
    const storage = open()
    await storage.commit('s', change(1))
    await storage.heartbeat('o', 60_000, true)

    await client.config('SET', 'maxmemory', '1')
    const { session } = await storage.load('s')
    const { lapsed } = await storage.heartbeat('o', 60_000, false)
    await storage.delete('s').finally(() => client.config('SET', 'maxmemory', '0'))

    expect([session?.version.number, lapsed]).toEqual([1, false])
    expect((await storage.load('s')).session).toBeNull()
  })
})

describe('a server that goes', () => {
  it('makes calls fail soon, with what is certain, and is found again when it is back', { timeout: LIMIT }, async () => {
    const storage = open()
    await storage.commit('s', change(1))

    await redis.kill()
    const presented = change(2)
    const outcomes = [await outcomeOf(storage.commit('s', presented)), await outcomeOf(storage.commit('s', presented))]
    await redis.restart()
    await persist(storage, 's', presented)

    for (const outcome of outcomes) expect(['OutcomeUnknown', 'StorageUnavailable']).toContain(outcome)
    expect(outcomes[1]).toBe('StorageUnavailable')
    expect(await numberOf('s')).toBe(2)
  })

  // Reliability, A4: with appendfsync always a kill -9 takes nothing that was acknowledged.
  it('loses nothing that it acknowledged when it is killed amid commits', { timeout: 60_000 }, async () => {
    const storage = open()
    const uids = Array.from({ length: 20 }, (_, index) => `s${index}`)
    const reached = new Map<string, number>()
    let going = true

    const writing = uids.map(async (uid) => {
      for (let number = 1; going; number += 1) {
        await persist(storage, uid, change(number))
        reached.set(uid, number)
      }
    })
    for (let kills = 0; kills < 3; kills += 1) {
      const before = [...reached.values()].reduce((sum, number) => sum + number, 0)
      await vi.waitFor(() => expect([...reached.values()].reduce((sum, number) => sum + number, 0)).toBeGreaterThan(before + 100), PATIENCE)
      await redis.kill()
      await redis.restart()
    }
    going = false
    await Promise.all(writing)

    const kept = await Promise.all(uids.map(async (uid) => [uid, await numberOf(uid)] as const))
    const archived = await Promise.all(uids.map(async (uid) => (await storage.list(uid, { prefix: '', limit: 10_000 })).records.size))
    expect(new Map(kept)).toEqual(reached)
    expect(archived).toEqual(uids.map((uid) => reached.get(uid)))
  })
})
