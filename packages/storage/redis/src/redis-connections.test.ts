import { isTriggerkitError, type Change } from '@triggerkit/contracts'
import { startRedisSentinel, startRedisTls } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'

import { redisStorage, type RedisConnectionOptions, type RedisStorage, type RedisStorageOptions } from './index.js'

const LIMIT = 60_000
const PATIENCE = { timeout: 30_000, interval: 20 }
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const [tls, sentinel] = await Promise.all([startRedisTls(), startRedisSentinel()])
const sentinels = [{ host: '127.0.0.1', port: sentinel.port }]
const opened: RedisStorage[] = []
const clients: Redis[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((storage) => storage.close()))
  for (const client of clients.splice(0)) client.disconnect()
})
afterAll(async () => {
  await Promise.all([tls.stop(), sentinel.stop()])
})

function open(options: RedisStorageOptions): RedisStorage {
  const storage = redisStorage({ logger, commandTimeout: '3s', ...options })
  opened.push(storage)
  return storage
}

/** A client that is there before the storage, as an application has one for other things, too. */
function ready(options: RedisConnectionOptions): Redis {
  const client = new Redis(options)
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

function change(number: number): Change {
  const none = { put: new Map(), remove: [] }
  return { commitId: crypto.randomUUID(), expect: { incarnation: 'one', number: number - 1 }, expectAbsent: [], working: none, archive: none, receipts: new Map(), read: [], wakeAt: null }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => new Error('There was no failure.'), (reason: unknown) => reason)
}

describe('TLS', () => {
  const port = Number(new URL(tls.url).port)

  it.each<[string, () => RedisStorageOptions]>([
    ['a rediss URL', () => ({ url: tls.url, connection: { tls: { ca: tls.ca } } })],
    ['tls among the options', () => ({ connection: { host: '127.0.0.1', port, tls: { ca: tls.ca } } })],
    ['a client that was given', () => ({ client: ready({ host: '127.0.0.1', port, tls: { ca: tls.ca } }) })],
  ])('carries commits and news by %s', { timeout: LIMIT }, async (_, options) => {
    const storage = open({ ...options(), prefix: crypto.randomUUID() })
    const told: unknown[] = []
    storage.watch('s', (version) => told.push(version?.number))

    let number = 0
    await vi.waitFor(async () => {
      number += 1
      await storage.commit('s', change(number))
      expect(told).not.toEqual([])
    }, PATIENCE)

    expect((await storage.load('s')).session?.version.number).toBe(number)
  })

  it('is unavailable with a certificate from an authority that it does not trust, and says which option is missing', { timeout: LIMIT }, async () => {
    const error = await failureOf(open({ url: tls.url }).commit('s', change(1)))

    expect(error).toMatchObject({ code: 'StorageUnavailable', message: expect.stringMatching(/CERT.*connection: \{ tls: \{ ca \} \}/) as string })
  })

  it.each<[string, RegExp, RedisStorageOptions]>([
    ['a server that speaks no TLS', /SSL|ECONNRESET|EPROTO|TIMEOUT/, { url: tls.server.url.replace('redis:', 'rediss:') }],
    ['a server that wants TLS, without it', /ECONNRESET|CONNECTION|TIMEOUT|EPIPE/, { url: tls.url.replace('rediss:', 'redis:') }],
  ])('is unavailable, soon and with a reason, where it meets %s', { timeout: LIMIT }, async (_, reason, options) => {
    const error = await failureOf(open(options).commit('s', change(1)))

    expect(error).toMatchObject({ code: 'StorageUnavailable', details: { reason: expect.stringMatching(reason) as string } })
  })
})

describe('Sentinel', () => {
  it('leads to the master, and over to the next one: a planned fail-over loses and doubles nothing', { timeout: LIMIT }, async () => {
    const storage = open({ connection: { sentinels, name: sentinel.name } })
    const uids = Array.from({ length: 10 }, (_, index) => `s${index}`)
    const reached = new Map(uids.map((uid) => [uid, 0]))
    const sum = (): number => [...reached.values()].reduce((total, number) => total + number, 0)
    let going = true
    const writing = uids.map(async (uid) => {
      for (let number = 1; going; number += 1) {
        const presented = change(number)
        await vi.waitFor(async () => expect(['committed', 'alreadyApplied']).toContain((await storage.commit(uid, presented)).outcome), PATIENCE)
        reached.set(uid, number)
      }
    })
    await vi.waitFor(() => expect(sum()).toBeGreaterThan(100), PATIENCE)

    await sentinel.failOver()
    const before = sum()
    await vi.waitFor(() => expect(sum()).toBeGreaterThan(before + 100), PATIENCE)
    going = false
    await Promise.all(writing)

    const direct = open({ url: sentinel.servers[1].url })
    const kept = await Promise.all(uids.map(async (uid) => [uid, (await direct.load(uid)).session?.version.number] as const))
    expect(new Map(kept)).toEqual(reached)
  })

  // Redis replicates after it has answered: what the replica has not got when its master dies is lost, and nothing else.
  it.each<[string, (options: RedisConnectionOptions) => RedisStorageOptions]>([
    ['a connection of its own', (connection) => ({ connection })],
    ['a client that was given', (options) => ({ client: ready(options) })],
  ])('leads over to the replica, by %s, when the master is lost: what that had stays, and every call ends', { timeout: LIMIT }, async (_, by) => {
    const own = await startRedisSentinel()
    try {
      const storage = open(by({ sentinels: [{ host: '127.0.0.1', port: own.port }], name: own.name }))
      const uids = Array.from({ length: 10 }, (_, index) => `s${index}`)
      const reached = new Map<string, number>()
      const commitNext = async (uid: string): Promise<void> => {
        const presented = change((reached.get(uid) ?? 0) + 1)
        const number = await vi.waitFor(async () => {
          const answer = await storage.commit(uid, presented)
          return answer.outcome === 'conflict' ? (answer.session?.version.number ?? 0) : presented.expect.number + 1
        }, PATIENCE)
        reached.set(uid, number)
      }
      for (let round = 0; round < 20; round += 1) await Promise.all(uids.map(commitNext))
      const master = ready({ host: '127.0.0.1', port: own.servers[0].port })
      await master.set('mark', '')
      expect(await master.wait(1, LIMIT)).toBe(1)

      const lost = own.loseMaster()
      lost.catch(() => undefined)
      for (let round = 0; round < 20; round += 1) await Promise.all(uids.map(commitNext))
      await lost
      for (let round = 0; round < 20; round += 1) await Promise.all(uids.map(commitNext))

      const next = open({ url: own.servers[1].url })
      for (const uid of uids) {
        expect((await next.load(uid)).session?.version.number).toBe(reached.get(uid))
        expect(reached.get(uid)).toBeGreaterThanOrEqual(40)
      }
    } finally {
      await own.stop()
    }
  })

  it.each([
    ['no Sentinel can be reached', { sentinels: [{ host: '127.0.0.1', port: 1 }], name: sentinel.name }],
    ['Sentinel knows no master of that name', { sentinels, name: 'nobody' }],
  ])('is unavailable, soon, where %s', { timeout: LIMIT }, async (_, connection) => {
    const error = await failureOf(open({ connection }).load('s'))

    expect(isTriggerkitError(error, 'StorageUnavailable')).toBe(true)
  })
})
