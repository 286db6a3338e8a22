import { isTriggerkitError, type Change } from '@triggerkit/contracts'
import { startRedisCluster } from '@triggerkit/tool-services'
import { afterAll, afterEach, expect, it, vi } from 'vitest'

import { redisStorage, type RedisStorage } from './index.js'
import { Keys, memberOf } from './keys.js'

const LIMIT = 60_000
const PATIENCE = { timeout: 40_000, interval: 50 }
const cluster = await startRedisCluster()
const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
const opened: RedisStorage[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((storage) => storage.close()))
})
afterAll(() => cluster.stop())

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
