import { startRedis, until } from '@triggerkit/tool-services'
import type { RedisServer } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'
import { afterEach, expect, it } from 'vitest'

import { application } from './application.js'
import { WorkerProcess } from './worker-process.js'

const LIMIT = { timeout: 90_000 }
// On a busy machine; `npm run faults -- workers` holds 99 of 100 recoveries to 12 s.
const RECOVERY = 20_000
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A Redis, workers on it by name, and a web process without task code or start: this one. */
async function theatre(...names: readonly string[]) {
  const redis: RedisServer = await startRedis()
  open.push(() => redis.stop())
  const start = async (name: string): Promise<WorkerProcess> => {
    const worker = await WorkerProcess.started(redis.url, name)
    open.push(() => worker.kill())
    return worker
  }
  const workers = []
  for (const name of names) workers.push(await start(name))
  const web = application(redis.url)
  open.push(() => web.close({ drain: false }))
  const fire = async (uid: string, takes: number): Promise<void> => {
    const manager = web.manager(uid)
    await manager.updateConfiguration({ t_work: { after: ['go'], run: 'faults.work' } })
    await manager.fire('go', { takes })
  }
  const instance = (uid: string) => web.manager(uid).instance('t_work#0')
  return { redis, web, fire, instance, start, workers: workers as [WorkerProcess, ...WorkerProcess[]] }
}

const uids = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `questionnaire:${index}`)

// BullMQ alone needs 59.5 s at its defaults (reliability: A1).
it('all work of a worker that is killed runs again within 20 s, and each outcome is recorded once', LIMIT, async () => {
  const { fire, instance, start, workers: [first] } = await theatre('first')
  const sessions = uids(16)
  await Promise.all(sessions.map((uid) => fire(uid, 60_000)))
  await until(() => first.told('began').length === sessions.length, 'all work begins')
  const second = await start('second')

  const killed = Date.now()
  await first.kill()
  await until(() => second.told('began').length === sessions.length, 'all work begins again')

  const recovered = second.told('began').map(({ at }) => at - killed)
  expect(Math.max(...recovered)).toBeLessThan(RECOVERY)
  expect(second.told('began').map(({ attempt }) => attempt)).toEqual(sessions.map(() => 2))
  await until(async () => (await Promise.all(sessions.map(instance))).every(({ status }) => status === 'finished'), 'all work is finished')
  expect((await instance(sessions[0] as string)).result).toEqual({ by: 'second', attempt: 2 })
})

it('a worker killed in the midst of taking, beginning and finishing jobs leaves none of them behind for longer than 20 s', LIMIT, async () => {
  const { fire, instance, start, workers: [first] } = await theatre('first')
  const sessions = uids(60)
  const firing = Promise.all(sessions.map((uid) => fire(uid, 30)))
  await until(() => first.told('began').length >= 20, 'a third of the work begins')

  const killed = Date.now()
  await first.kill()
  const second = await start('second')
  await firing
  await until(async () => (await Promise.all(sessions.map(instance))).every(({ status }) => status === 'finished'), 'all work is finished')

  const last = Math.max(...second.told('began').map(({ at }) => at - killed))
  expect(last).toBeLessThan(RECOVERY)
})

it('a worker that was frozen beyond its lease has its signal aborted and its late result refused', LIMIT, async () => {
  const { fire, instance, start, workers: [frozen] } = await theatre('frozen')
  await fire('questionnaire:0', 1_500)
  await until(() => frozen.told('began').length === 1, 'the work begins')
  frozen.freeze()
  const other = await start('other')
  await until(async () => (await instance('questionnaire:0')).status === 'finished', 'the other worker finishes the work')

  frozen.thaw()
  await until(() => frozen.told('aborted').length === 1, 'the signal of the frozen worker is aborted')

  const { status, result } = await instance('questionnaire:0')
  expect([status, result]).toEqual(['finished', { by: 'other', attempt: 2 }])
  expect([frozen.told('began').length, other.told('began').length]).toEqual([1, 1])
})

it('work whose job another worker gets, too, runs once while the lease holds, and after the loss only its successor counts', LIMIT, async () => {
  const { redis, fire, instance, workers } = await theatre('one', 'two')
  const began = () => workers.flatMap((worker) => worker.told('began')).toSorted((left, right) => left.at - right.at)
  const aborted = () => workers.flatMap((worker) => worker.told('aborted'))
  await fire('questionnaire:0', 60_000)
  await until(() => began().length === 1, 'the work begins')

  await loseLocks(redis.url)
  await until(() => aborted().length === 1, 'the signal of the work is aborted')
  const beganBefore = began().length
  await until(async () => (await instance('questionnaire:0')).status === 'finished', 'the work is finished')

  expect(beganBefore).toBe(1)
  expect(began().map(({ attempt }) => attempt)).toEqual([1, 2])
  expect((await instance('questionnaire:0')).result).toMatchObject({ attempt: 2 })
})

/** BullMQ's locks are gone: it takes the jobs for stalled, and delivers them anew. */
async function loseLocks(url: string): Promise<void> {
  const redis = new Redis(url)
  const locks = await redis.keys('bull:faults:*:lock')
  expect(await redis.del(...locks)).toBe(1)
  redis.disconnect()
}
