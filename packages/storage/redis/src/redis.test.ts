import { isTriggerkitError, type Change, type Storage, type TriggerkitError } from '@triggerkit/contracts'
import { startRedis } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'

import { redisStorage, type RedisStorage, type RedisStorageOptions } from './index.js'
import { Keys } from './keys.js'

const LIMIT = 20_000
const redis = await startRedis()
const client = new Redis(redis.url)
const opened: RedisStorage[] = []

afterEach(async () => {
  await client.config('SET', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes', 'appendfsync', 'always')
  await Promise.all(opened.splice(0).map((storage) => storage.close()))
})
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function open(options: RedisStorageOptions = {}): RedisStorage {
  const given = 'client' in options || 'cluster' in options || 'connection' in options ? options : { url: redis.url, ...options }
  const storage = redisStorage({ prefix: `test-${crypto.randomUUID()}`, logger: silent, ...given })
  opened.push(storage)
  return storage
}

function change(given: Partial<Change> = {}): Change {
  const none = { put: new Map(), remove: [] }
  return { commitId: crypto.randomUUID(), expect: { incarnation: 'one', number: 0 }, expectAbsent: [], working: none, archive: none, receipts: new Map(), read: [], wakeAt: null, ...given }
}

const archive = (...keys: readonly string[]) => ({ put: new Map(keys.map((key) => [key, key])), remove: [] })

async function failureOf(promise: Promise<unknown>): Promise<TriggerkitError> {
  const error: unknown = await promise.then(() => new Error('There was no failure.'), (reason: unknown) => reason)
  if (!isTriggerkitError(error)) throw error
  return error
}

/** All that anybody could log of an error. */
function written(error: unknown): string {
  return error instanceof Error ? JSON.stringify([error.message, error.stack, error, written(error.cause)]) : String(error)
}

describe('options', () => {
  it.each<[string, RedisStorageOptions]>([
    ['url', { url: 'http://user:secret@127.0.0.1' }],
    ['url', { url: 'secret' }],
    ['prefix', { prefix: 'a{b}' }],
    ['prefix', { prefix: '' }],
    ['partitions', { partitions: 0 }],
    ['partitions', { partitions: 1.5 }],
    ['commandTimeout', { commandTimeout: 0 }],
    ['ttl', { ttl: 'soon' as never }],
    ['ttl', { ttl: 0 }],
    ['cluster', { cluster: { nodes: [] } }],
    ['client', { url: 'redis://127.0.0.1', client }],
    // Its prefix would be put before the keys that a script is given, and not before those that it finds in an index.
    ['connection', { connection: { keyPrefix: 'app:' } }],
    ['connection', { url: 'redis://127.0.0.1?keyPrefix=app:' }],
    ['connection', { connection: { stringNumbers: true } }],
    ['cluster', { cluster: { nodes: [{ port: 1 }], options: { redisOptions: { keyPrefix: 'app:' } } } }],
    ['client', { client: new Redis({ lazyConnect: true, keyPrefix: 'app:' }) }],
  ])('refuses what cannot be meant, naming %s and no password', (name, options) => {
    let error: unknown
    try {
      redisStorage(options)
    } catch (thrown) {
      error = thrown
    }

    expect(error).toMatchObject({ code: 'InvalidArgument', details: { name } })
    expect(written(error)).not.toContain('secret')
  })

  it('connects when it is first asked something', async () => {
    const storage = open({ url: 'redis://127.0.0.1:1' })

    await storage.close()

    expect((await failureOf(storage.load('s'))).code).toBe('Closed')
  })

  it('waits for as long as a timer can where commandTimeout is longer', async () => {
    const storage = open({ commandTimeout: '30d' })

    expect((await storage.commit('s', change())).outcome).toBe('committed')
  })

  it('leaves a given client connected', async () => {
    const storage = open({ client })
    await storage.commit('s', change())

    await storage.close()

    expect(await client.ping()).toBe('PONG')
  })

  it('takes the storage’s time to live where a change names none', { timeout: LIMIT }, async () => {
    const [prefix, keys] = ['test-ttl', new Keys('test-ttl', 16)]
    const storage = open({ prefix, ttl: '1h' })

    await storage.commit('s', change({ archive: archive('a') }))

    const left = await Promise.all(keys.of('s').all.slice(0, 3).map((key) => client.pttl(key)))
    for (const milliseconds of left) expect(milliseconds).toBeGreaterThan(3_590_000)
  })
})

describe('at the start', () => {
  it.each([
    ['an address where nobody listens', 'redis://127.0.0.1:1', 'ECONNREFUSED'],
    ['a name that nobody has', 'redis://nobody.invalid:6379', /ENOTFOUND|EAI_AGAIN/],
  ])('is unavailable at %s, soon and with the reason', { timeout: LIMIT }, async (_, url, reason) => {
    const storage = open({ url, commandTimeout: '5s' })

    const errors = [await failureOf(storage.load('s')), await failureOf(storage.commit('s', change())), await failureOf(storage.due(1))]

    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('StorageUnavailable'))
    expect(String(errors[0]?.details['reason'])).toMatch(reason)
  })

  it('is unavailable with a wrong password, and tells neither it nor the records', { timeout: LIMIT }, async () => {
    await using guarded = await disposable({ requirepass: 'correct' })
    const storage = open({ url: guarded.url.replace('//', '//:sesame@') })

    const error = await failureOf(storage.commit('s', change({ archive: archive('private') })))

    expect(error).toMatchObject({ code: 'StorageUnavailable', details: { reason: 'WRONGPASS' } })
    expect(written(error)).not.toMatch(/sesame|private|correct/)
  })

  it('works with the right one', { timeout: LIMIT }, async () => {
    await using guarded = await disposable({ requirepass: 'correct' })

    const answer = await open({ url: guarded.url.replace('//', '//:correct@') }).commit('s', change())

    expect(answer.outcome).toBe('committed')
  })

  it('needs no more permissions than the README says', { timeout: LIMIT }, async () => {
    const rules = ['on', '>word', '~limited{*', '&limited{*', '+@read', '+@write', '+@scripting', '+@pubsub', '+@connection', '+info', '+time']
    await client.call('ACL', ['SETUSER', 'limited', 'reset', ...rules])
    const storage = open({ url: redis.url.replace('//', '//limited:word@'), prefix: 'limited' })
    const told: unknown[] = []
    storage.watch('s', (version) => told.push(version))

    await storage.commit('s', change({ archive: archive('a'), wakeAt: 1, ttl: 60_000 }))
    await Promise.all([storage.due(1), storage.sessions({ limit: 1 }), storage.list('s', { prefix: '', limit: 1 }), storage.owners(), storage.heartbeat('o', 1_000, true)])

    await vi.waitFor(async () => {
      await storage.delete('s')
      await storage.commit('s', change())
      expect(told).toContainEqual({ incarnation: 'one', number: 1 })
    }, { timeout: 5_000, interval: 20 })
  })

  it('is refused what its user may not do, before anything is written', { timeout: LIMIT }, async () => {
    await client.call('ACL', ['SETUSER', 'stranger', 'reset', 'on', '>word', '~other{*', '+@all'])

    const error = await failureOf(open({ url: redis.url.replace('//', '//stranger:word@'), prefix: 'limited' }).commit('s', change()))

    expect(error).toMatchObject({ code: 'StorageRefused', details: { reason: 'NOPERM' } })
  })

  it('is unavailable without a password where one is wanted', { timeout: LIMIT }, async () => {
    await using guarded = await disposable({ requirepass: 'correct' })

    const error = await failureOf(open({ url: guarded.url }).load('s'))

    expect(error).toMatchObject({ code: 'StorageUnavailable', details: { reason: 'NOAUTH' } })
  })

  it('refuses a read-only replica', { timeout: LIMIT }, async () => {
    await using replica = await disposable({ replicaof: `127.0.0.1 ${redis.port}` })

    const error = await failureOf(open({ url: replica.url }).load('s'))

    expect(error).toMatchObject({ code: 'StorageRefused', details: { reason: 'READONLY' } })
  })

  // Reliability, E13: Redis' defaults evict what was acknowledged, or lose it in a crash.
  it('refuses any maxmemory-policy but noeviction, unless that is allowed', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru')

    const error = await failureOf(open().commit('s', change()))
    const allowed = await open({ allowEviction: true }).commit('s', change())

    expect(error).toMatchObject({ code: 'StorageRefused', details: { reason: 'EVICTION' } })
    expect(allowed.outcome).toBe('committed')
  })

  it.each([
    [{ appendonly: 'no', save: '' }, 'loses all sessions'],
    [{ appendonly: 'no', save: '3600 1' }, 'loses what was committed after the last one'],
    [{ appendonly: 'yes', appendfsync: 'everysec' }, 'the last second or two'],
    [{ appendonly: 'yes', appendfsync: 'no' }, 'the last half minute'],
  ])('warns once, with the settings %o, of what may be lost', async (settings, loss) => {
    await client.config('SET', ...Object.entries(settings).flat())
    const warnings: string[] = []
    const storage = open({ logger: { ...silent, warn: (message) => warnings.push(message) } })

    await storage.load('s')
    await storage.load('s')

    expect(warnings).toEqual([expect.stringContaining(loss)])
  })

  it('does not warn where nothing can be lost', async () => {
    const warnings: string[] = []

    await open({ logger: { ...silent, warn: (message) => warnings.push(message) } }).load('s')

    expect(warnings).toEqual([])
  })

  it('refuses data of a newer format, and touches nothing', async () => {
    await client.hset('test-newer{format}', { format: '2', partitions: '16' })

    const error = await failureOf(open({ prefix: 'test-newer' }).commit('s', change()))

    expect(error).toMatchObject({ code: 'UnsupportedFormat', details: { format: 2, supported: 1 } })
    expect(await client.keys('test-newer*')).toEqual(['test-newer{format}'])
  })

  it('refuses another number of partitions than the data has, and goes on once it is right', async () => {
    await open({ prefix: 'test-partitions', partitions: 8 }).commit('s', change())

    const error = await failureOf(open({ prefix: 'test-partitions' }).load('s'))
    const { session } = await open({ prefix: 'test-partitions', partitions: 8 }).load('s')

    expect(error).toMatchObject({ code: 'InvalidArgument', details: { name: 'partitions', stored: 8 } })
    expect(session?.version.number).toBe(1)
  })

  it('looks again after a check that failed', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const storage = open()
    await failureOf(storage.load('s'))

    await client.config('SET', 'maxmemory-policy', 'noeviction')

    expect((await storage.commit('s', change())).outcome).toBe('committed')
  })
})

describe('a key of another type under the prefix', () => {
  const calls: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
    commit: (storage) => storage.commit('s', change({ expect: { incarnation: 'one', number: 1 }, working: archive('w'), archive: archive('b'), wakeAt: 1, ttl: 60_000 })),
    'commit and read': (storage) => storage.commit('s', change({ expect: { incarnation: 'one', number: 1 }, wakeAt: 9_000_000_000_000, read: ['a'] })),
    create: (storage) => storage.commit('t', change({ wakeAt: 1, ttl: 60_000 })),
    delete: (storage) => storage.delete('s'),
    postpone: (storage) => storage.postpone('s', { incarnation: 'one', number: 1 }, 5),
  }

  // A commit to a session that is there writes nothing to the index of all sessions, and a new one has keys of its own.
  const touched = Object.keys(calls).flatMap((name) => [0, 1, 2, 3, 4, 5].map((index) => [name, index] as const))
  const cases = touched.filter(([name, index]) => (name === 'create' ? index > 2 : name === 'commit and read' ? index < 2 : name !== 'commit' || index < 5))

  it.each(cases)('refuses %s for number %i of the keys, and nothing is half done', async (name, index) => {
    const prefix = `test-foreign-${index}-${name}`
    const keys = new Keys(prefix, 1).of('s').all
    const storage = open({ prefix, partitions: 1 })
    await storage.commit('s', change({ archive: archive('a'), wakeAt: 9_000_000_000_000, ttl: 60_000 }))
    await client.set(keys[index] as string, 'not ours')
    const before = await Promise.all(keys.map((key) => client.dumpBuffer(key)))

    const error = await failureOf((calls[name] as (storage: Storage) => Promise<unknown>)(storage))

    expect(error).toMatchObject({ code: 'StorageRefused', details: { reason: 'WRONGTYPE' } })
    expect(await Promise.all(keys.map((key) => client.dumpBuffer(key)))).toEqual(before)
  })

  it.each([0, 1, 2, 3, 4, 5])('refuses changes of which one concerns number %i of the keys, and none is applied', async (index) => {
    const prefix = `test-foreign-many-${index}`
    const storage = open({ prefix, partitions: 1 })
    await storage.commit('s', change({ archive: archive('a') }))
    await client.set(new Keys(prefix, 1).of('s').all[index] as string, 'not ours')

    const error = await failureOf(storage.commitMany(['t', 's'].map((uid) => ({ uid, change: change({ expect: { incarnation: 'one', number: uid === 's' ? 1 : 0 }, archive: archive('b') }) }))))

    expect(error).toMatchObject({ code: 'StorageRefused', details: { reason: 'WRONGTYPE' } })
    expect((await storage.load('t')).session).toBeNull()
  })

  it('is no session to those who sweep and enumerate, and in nobody’s way', async () => {
    const prefix = 'test-foreign-session'
    const storage = open({ prefix })
    for (const uid of ['s', 't']) await storage.commit(uid, change({ wakeAt: 1 }))
    await client.set(new Keys(prefix, 16).of('s').hash, 'not ours')

    const { sessions } = await storage.due(10)

    expect(sessions.map(({ uid }) => uid)).toEqual(['t'])
    expect((await failureOf(storage.load('s'))).code).toBe('StorageRefused')
  })
})

describe('hostile names', () => {
  const uids = ['{', '}', '{}', '}x', '{a}b', 'a:s', 'a:', ':', 'a\nb', '\r\n*1\r\n', '\0', '\ud800', '\udc00\ud800', '\ufffd', '😀', 'x'.repeat(10_000), '%', '*', '__proto__']

  it('are uids like any others: each session apart, found, enumerated, due and deleted under its own', async () => {
    const storage = open()
    for (const [index, uid] of uids.entries()) await storage.commit(uid, change({ working: { put: new Map([['w', index]]), remove: [] }, archive: archive(uid), wakeAt: 1 }))

    const loaded = await Promise.all(uids.map(async (uid) => (await storage.load(uid)).session?.working.get('w')))
    const { uids: enumerated } = await storage.sessions({ limit: 100 })
    const { sessions: due } = await storage.due(100)
    await storage.delete('{')

    expect(loaded).toEqual(uids.map((_, index) => index))
    expect([...enumerated].sort()).toEqual([...uids].sort())
    expect(due.map(({ uid }) => uid).sort()).toEqual([...uids].sort())
    expect((await storage.sessions({ limit: 100 })).uids).toHaveLength(uids.length - 1)
  })

  it('are keys and owners like any others, in the order of code units', async () => {
    const storage = open()
    await storage.commit('s', change({ archive: archive(...uids) }))
    for (const owner of uids) await storage.heartbeat(owner, 60_000, true)

    const { records } = await storage.list('s', { prefix: '', limit: 100 })

    expect([...records.keys()]).toEqual([...uids].sort())
    expect([...(await storage.owners()).owners.keys()].sort()).toEqual([...uids].sort())
  })
})

it('refuses a time that is no number, before anything is written', async () => {
  const storage = open()

  const errors = [await failureOf(storage.commit('s', change({ wakeAt: Number.NaN }))), await failureOf(storage.commit('s', change({ ttl: Number.POSITIVE_INFINITY })))]

  expect(errors.map(({ code }) => code)).toEqual(['StorageRefused', 'StorageRefused'])
  expect((await storage.load('s')).session).toBeNull()
})

async function disposable(settings: Readonly<Record<string, string>>) {
  const server = await startRedis({ settings })
  return { url: server.url, [Symbol.asyncDispose]: () => server.stop() }
}
