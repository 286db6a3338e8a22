import { createTriggers, exportSession, importSession, type ExportedSession } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { redisStorage } from '@triggerkit/storage-redis'
import { startRedis } from '@triggerkit/tool-services'
import { Random } from '@triggerkit/tool-simulator'
import { afterEach, expect, it, vi } from 'vitest'

import { Deferred } from './deferred.js'
import { expectedOf, planOf } from './plan.js'
import { Stage } from './stage.js'
import { tasks } from './tasks.js'

const LEASE = 180_000
const closings: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

/** A stage whose tabs stand still at the points for which they are armed, until the test is over. */
async function opened() {
  const stage = await Stage.open()
  const [reached, released] = [new Deferred<void>(), new Deferred<void>()]
  closings.push(() => stage.close(), async () => released.resolve())
  stage.admit({
    reached: async () => {
      reached.resolve()
      await released.promise
    },
    presented: async () => undefined,
    acknowledged: async () => undefined,
  })
  return { stage, reached: reached.promise }
}

async function openRedis() {
  const redis = await startRedis()
  const storage = redisStorage({ url: redis.url })
  closings.push(() => redis.stop(), () => storage.close())
  return storage
}

/** A storage promises no order of the working set, which is loaded whole. */
function byKey({ working, ...session }: ExportedSession) {
  return { ...session, working: Object.fromEntries(working) }
}

it('a session travels from a tab through memory and Redis into another tab, the same everywhere, and what ran runs again', { timeout: 120_000 }, async () => {
  const plan = planOf('traveller', new Random(1, 'plan'))
  const { uid, first, here, elsewhere } = plan
  const [begun, ...later] = here
  const { stage, reached } = await opened()
  const [memory, redis] = [memoryStorage(), await openRedis()]
  const home = await stage.tab()
  await home.start({ name: 'home', lease: LEASE })
  await home.grant(uid, first)
  await home.arm('task begun')
  await home.grant(uid, begun as NonNullable<typeof begun>)
  await reached

  const { session } = await home.stored(uid)
  await importSession(memory, session)
  await importSession(redis, await exportSession(memory, uid))
  const abroad = await stage.tab()
  await abroad.compose({ name: 'abroad', lease: LEASE })
  await abroad.takeIn(await exportSession(redis, uid))

  const copies = [await exportSession(memory, uid), await exportSession(redis, uid), (await abroad.stored(uid)).session]
  expect(await home.counts(uid)).toMatchObject({ 't_retried running': 1 })
  for (const copy of copies) expect(byKey(copy)).toEqual(byKey(session))
  const incarnations = [memory, redis].map(async (storage) => (await storage.load(uid)).session?.version.incarnation)
  expect(new Set(await Promise.all(incarnations)).size).toBe(2)

  const triggers = createTriggers({ storage: redis, runners: { worker: inlineRunner() }, tasks })
  closings.push(() => triggers.close())
  await triggers.start()
  await abroad.start({ name: 'abroad', lease: LEASE })
  const manager = triggers.manager(uid)
  for (const wish of [...later, ...elsewhere]) {
    await manager.fire(wish.trigger as string, wish.payload, { id: wish.id })
    await abroad.grant(uid, wish)
  }

  const expected = await expectedOf(plan)
  await vi.waitFor(async () => expect(await abroad.counts(uid)).toEqual(expected), { timeout: 20_000 })
  await triggers.settled(uid)
  expect((await triggers.session(uid).instance('t_retried#0')).attempt).toBe(2)
  expect((await triggers.session(uid).instances()).length).toBe(Object.values(expected).reduce((sum, count) => sum + count, 0))
})
