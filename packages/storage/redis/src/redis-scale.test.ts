import type { Change } from '@triggerkit/contracts'
import { startRedis } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'
import { afterAll, expect, it } from 'vitest'

import { redisStorage } from './index.js'

const LIMIT = 60_000
const FINISHED = 100_000
const AT_ONCE = 5_000
const redis = await startRedis({ settings: { appendfsync: 'no' } })
const client = new Redis(redis.url)
const storage = redisStorage({ url: redis.url, prefix: 'test', logger: { debug() {}, info() {}, warn() {}, error() {} } })
afterAll(async () => {
  await storage.close()
  client.disconnect()
  await redis.stop()
})

const key = (index: number): string => `i/00000/${String(index).padStart(9, '0')}`

function change(number: number, given: Partial<Change> = {}): Change {
  const none = { put: new Map(), remove: [] }
  return { commitId: crypto.randomUUID(), expect: { incarnation: 'one', number: number - 1 }, expectAbsent: [], working: none, archive: none, receipts: new Map(), read: [], wakeAt: null, ...given }
}

/** A session whose archive holds so many instances. */
async function grow(uid: string, finished: number): Promise<number> {
  let number = 0
  for (let from = 0; from < finished; from += AT_ONCE) {
    const put = new Map(Array.from({ length: Math.min(AT_ONCE, finished - from) }, (_, index) => [key(from + index), { status: 'finished', index: from + index }]))
    number += 1
    await storage.commit(uid, change(number, { archive: { put, remove: [] } }))
  }
  return number
}

const [small, large] = [await grow('small', 10), await grow('large', FINISHED)]

/** What a fire commits: a few working records, a firing of its own, a wake-up. */
function fire(number: number): Change {
  const id = `f/${crypto.randomUUID()}`
  const working = { put: new Map([['s', { number }], ['n/00000', { count: 7 }], [`i/00000/${number}`, { status: 'scheduled' }]]), remove: [`i/00000/${number - 1}`] }
  return change(number, { working, archive: { put: new Map([[id, { trigger: 'x', kwargs: { page: number } }]]), remove: [] }, expectAbsent: [id], wakeAt: 9e12 })
}

interface Cost {
  /** How often each command was called, those within scripts included: what bounds their time on any machine. */
  readonly commands: Readonly<Record<string, number>>
  readonly bytes: number
}

/** What Redis does and how much it hears while something happens. */
async function costOf(happen: () => Promise<unknown>): Promise<Cost> {
  await client.config('RESETSTAT')
  await happen()
  const commands: Record<string, number> = {}
  const stats = await client.info('commandstats')
  const bytes = Number(/total_net_input_bytes:(\d+)/.exec(await client.info('stats'))?.[1])
  for (const [, name, calls] of stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) if (!/^(?:config|info)/.test(name as string)) commands[name as string] = Number(calls)
  return { commands, bytes }
}

function calls({ commands }: Cost): number {
  return Object.values(commands).reduce((sum, count) => sum + count, 0)
}

it('a commit is the same commands and bytes beside 100,000 finished instances as beside none', { timeout: LIMIT }, async () => {
  const [before, after] = [fire(small + 1), fire(large + 1)]

  const costs = [await costOf(() => storage.commit('small', before)), await costOf(() => storage.commit('large', after))]

  expect(costs[1]?.commands).toEqual(costs[0]?.commands)
  expect(costs[1]?.commands['evalsha']).toBe(1)
  for (const name of ['scan', 'keys', 'watch', 'multi', 'hscan']) expect(costs[1]?.commands[name]).toBeUndefined()
  expect(Math.abs((costs[1]?.bytes ?? 0) - (costs[0]?.bytes ?? 0))).toBeLessThan(20)
})

it('a page of 100,000 instances is one bounded script, wherever it begins, and holds up nobody', { timeout: LIMIT }, async () => {
  await storage.list('small', { prefix: '', limit: 1 })
  let after: string | undefined
  let found = 0

  const costs: Cost[] = []
  for (const start of [undefined, key(50_000), key(99_500)]) {
    costs.push(await costOf(async () => storage.list('large', { prefix: 'i/', limit: 100, ...(start !== undefined && { after: start }) })))
  }
  do {
    const page = await storage.list('large', { prefix: 'i/', limit: 2_000, ...(after !== undefined && { after }) })
    found += page.records.size
    after = page.more ? [...page.records.keys()].at(-1) : undefined
  } while (after !== undefined)

  expect(found).toBe(FINISHED)
  for (const { commands } of costs) expect(commands).toEqual({ evalsha: 1, time: 1, zrangebylex: 1, hmget: 1, hget: 1 })
})

it('deleting a large session holds up nobody either', { timeout: LIMIT }, async () => {
  for (const [uid, finished] of [['first', 1], ['few', 10], ['deleted', 30_000]] as const) await grow(uid, finished)
  await storage.delete('first')

  const [few, many] = [await costOf(() => storage.delete('few')), await costOf(() => storage.delete('deleted'))]

  expect(many.commands).toEqual(few.commands)
  expect(many.commands).toMatchObject({ evalsha: 1, unlink: 1 })
  expect((await storage.list('deleted', { prefix: '', limit: 1 })).records.size).toBe(0)
})

it('ten thousand sessions are enumerated and claimed in bounded scripts, each once', { timeout: LIMIT }, async () => {
  const uids = Array.from({ length: 10_000 }, (_, index) => `many:${index}`)
  for (let from = 0; from < uids.length; from += 500) await storage.commitMany(uids.slice(from, from + 500).map((uid) => ({ uid, change: change(1, { wakeAt: 1 }) })))
  await storage.due(1)

  const enumerated: string[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const page = await storage.sessions({ limit: 700, ...(after !== undefined && { after }) })
    enumerated.push(...page.uids)
    after = page.next
  }
  const claims: Awaited<ReturnType<typeof storage.due>>[] = []
  const page = await costOf(() => storage.sessions({ limit: 700 }))
  const claim = await costOf(async () => void claims.push(await storage.due(100)))
  claims.push(...(await Promise.all(Array.from({ length: 19 }, () => storage.due(100)))))

  expect(enumerated.filter((uid) => uid.startsWith('many:')).sort()).toEqual([...uids].sort())
  expect(new Set(claims.flatMap(({ sessions }) => sessions.map(({ uid }) => uid))).size).toBe(2_000)
  for (const { commands } of [page, claim]) expect(commands).toMatchObject({ evalsha: 1 })
  expect(calls(page)).toBeLessThan(700 + 50)
  expect(calls(claim)).toBeLessThan(3 * 100 + 50)
})
