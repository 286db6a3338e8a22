import { isTriggerkitError, type Change } from '@triggerkit/contracts'
import { startRedisCluster } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'
import { afterAll, afterEach, expect, it, vi } from 'vitest'

import { redisStorage, type RedisStorage } from './index.js'
import { Keys, memberOf } from './keys.js'

const LIMIT = 60_000
const PATIENCE = { timeout: 40_000, interval: 50 }
const cluster = await startRedisCluster()
const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
const admins = nodes.map((node) => new Redis(node).on('error', () => undefined))
const opened: RedisStorage[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((storage) => storage.close()))
})
afterAll(async () => {
  for (const admin of admins) admin.disconnect()
  await cluster.stop()
})

function open(prefix: string): RedisStorage {
  const storage = redisStorage({ cluster: { nodes }, prefix, commandTimeout: '3s' })
  opened.push(storage)
  return storage
}

function change(number: number, given: Partial<Change> = {}): Change {
  const none = { put: new Map(), remove: [] }
  return { commitId: crypto.randomUUID(), expect: { incarnation: 'one', number: number - 1 }, expectAbsent: [], working: none, archive: none, receipts: new Map(), read: [], wakeAt: null, ...given }
}

const uids = Array.from({ length: 40 }, (_, index) => `s${index}`)

it('claims the longest waiting first, in whichever partition they are', { timeout: LIMIT }, async () => {
  const [storage, keys] = [open('test-due'), new Keys('test-due', 16)]
  await storage.commitMany(uids.map((uid, index) => ({ uid, change: change(1, { wakeAt: 1_000 - index }) })))

  const claims = [await storage.due(7), await storage.due(7), await storage.due(100)]

  expect(new Set(uids.map((uid) => keys.partitionOf(memberOf(uid)))).size).toBeGreaterThan(8)
  expect(claims.flatMap(({ sessions }) => sessions.map(({ uid }) => uid))).toEqual([...uids].reverse())
})

it('answers many changes in their order, whatever partitions they concern', { timeout: LIMIT }, async () => {
  const storage = open('test-many')
  await storage.commit('s3', change(1))

  const answers = await storage.commitMany(uids.slice(0, 6).map((uid) => ({ uid, change: change(1) })))

  expect(answers.map(({ outcome }) => outcome)).toEqual(['committed', 'committed', 'committed', 'conflict', 'committed', 'committed'])
})

it('keeps the wake-up of a session that has moved to another node ahead of its partition', { timeout: LIMIT }, async () => {
  const [storage, keys] = [redisStorage({ cluster: { nodes }, prefix: 'test-moved', partitions: 1 }), new Keys('test-moved', 1)]
  opened.push(storage)
  await storage.commit('s0', change(1, { wakeAt: 1, ttl: 600_000 }))
  const move = await beginToMove(keys.of('s0').hash)

  await storage.due(1).catch(() => undefined)
  await move.end()

  const claimed = await storage.due(1)
  expect(claimed.sessions.map(({ uid }) => uid)).toEqual(['s0'])
})

it('tells watchers what came while nothing reached them', { timeout: LIMIT }, async () => {
  const [storage, other] = [open('test-news'), open('test-news')]
  const told: (number | undefined)[] = []
  storage.watch('s0', (version) => told.push(version?.number))
  let number = 0
  await vi.waitFor(async () => {
    await other.commit('s0', change((number += 1)))
    expect(told).not.toEqual([])
  }, PATIENCE)

  for (let cuts = 0; cuts < 3; cuts += 1) {
    await Promise.all(admins.map((admin) => admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')))
    await other.commit('s0', change((number += 1)))
    await vi.waitFor(() => expect(told.at(-1)).toBe(number), { timeout: 5_000, interval: 20 })
  }
})

it('leaves no call pending while a node is gone, tells what is unknown, and loses and doubles nothing', { timeout: LIMIT }, async () => {
  const storage = open('test-gone')
  await storage.load('s0')
  const changes = uids.map((uid) => ({ uid, change: change(1) }))

  await cluster.nodes[1]?.kill()
  const failure: unknown = await storage.commitMany(changes).catch((error: unknown) => error)
  await cluster.nodes[1]?.restart()
  for (const { uid, change: presented } of changes) {
    await vi.waitFor(async () => expect(['committed', 'alreadyApplied']).toContain((await storage.commit(uid, presented)).outcome), PATIENCE)
  }

  expect(isTriggerkitError(failure, 'OutcomeUnknown')).toBe(true)
  expect(await Promise.all(uids.map(async (uid) => (await storage.load(uid)).session?.version.number))).toEqual(uids.map(() => 1))
})

it('wakes the sessions of the other nodes while one is gone that the Cluster goes on without', { timeout: LIMIT }, async () => {
  const storage = open('test-part')
  const others = admins.filter((_, node) => node !== 1)
  const requireAll = (wanted: string) => Promise.all(others.map((admin) => admin.config('SET', 'cluster-require-full-coverage', wanted)))
  await storage.commitMany(uids.map((uid) => ({ uid, change: change(1, { wakeAt: 1 }) })))

  await requireAll('no')
  await cluster.nodes[1]?.kill()
  const woken = await storage.due(100)
  const failure: unknown = await storage.due(100).catch((error: unknown) => error)
  await cluster.nodes[1]?.restart()
  await requireAll('yes')

  expect(woken.sessions.length).toBeGreaterThan(0)
  expect(woken.sessions.length).toBeLessThan(uids.length)
  expect(isTriggerkitError(failure)).toBe(true)
  // The node needs a while until it is back; those that were claimed before may come again by then.
  const seen = new Set(woken.sessions.map(({ uid }) => uid))
  await vi.waitFor(async () => {
    for (const { uid } of (await storage.due(100)).sessions) seen.add(uid)
    expect(seen).toEqual(new Set(uids))
  }, PATIENCE)
})

it.each([
  ['where no node can be reached', 'CONNECTION', { nodes: [{ host: '127.0.0.1', port: 1 }] }],
  ['with a wrong password', 'WRONGPASS', { nodes, options: { redisOptions: { username: 'nobody', password: 'sesame' } } }],
])('is unavailable %s, and says why', { timeout: LIMIT }, async (_, reason, unreachable) => {
  const storage = redisStorage({ cluster: unreachable, commandTimeout: '10s' })
  opened.push(storage)

  const failure: unknown = await storage.load('s').catch((error: unknown) => error)

  expect(failure).toMatchObject({ code: 'StorageUnavailable', details: { reason } })
  expect(JSON.stringify([(failure as Error).message, failure])).not.toContain('sesame')
})

/** Moves a key's slot to another node, as resharding does: the key itself at once, the others of the slot at the end. */
async function beginToMove(key: string): Promise<{ end(): Promise<void> }> {
  const slot = await (admins[0] as Redis).cluster('KEYSLOT', key)
  const ids = await Promise.all(admins.map(async (admin) => String(await admin.call('CLUSTER', 'MYID'))))
  const owns = await Promise.all(admins.map((admin) => admin.call('EXISTS', key).then((found) => found === 1, () => false)))
  const from = owns.indexOf(true)
  const to = (from + 1) % admins.length
  const [source, target] = [admins[from], admins[to]] as [Redis, Redis]
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from] as string)
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to] as string)
  const migrate = (keys: readonly string[]) => source.call('MIGRATE', '127.0.0.1', String(nodes[to]?.port), '', '0', '5000', 'KEYS', ...keys)
  await migrate([key])
  return {
    async end() {
      await migrate((await source.call('CLUSTER', 'GETKEYSINSLOT', slot, '1000')) as string[])
      for (const admin of [target, source, ...admins]) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to] as string)
    },
  }
}
