import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { startLossyProxy, startRedis } from '@triggerkit/tool-services'
import type { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'

import { FakeHost } from './fakes/fake-host.js'
import { AGAIN, FIRST_TIME, until, Workshop } from './fakes/workshop.js'
import type { BullmqWorkerOptions } from './index.js'

const LIMIT = { timeout: 60_000 }
const redis = await startRedis()
afterAll(() => redis.stop())

/** A workshop whose Redis is there again when the test ends. */
class Outage extends Workshop {
  constructor() {
    super(redis.url)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    if (redis.pid === 0) await redis.restart()
  }
}

async function timed(promise: Promise<unknown>): Promise<number> {
  const began = performance.now()
  await promise
  return performance.now() - began
}

describe('while Redis is gone', LIMIT, () => {
  it('a hand-over is refused within its time limit, and taken when it is repeated later', async () => {
    await using shop = new Outage()
    const host = new FakeHost()
    const runner = await shop.started(host, { timeout: 800 })
    const job = shop.job()
    await redis.kill()

    const refused = expect(runner.dispatch(job, FIRST_TIME)).rejects.toMatchObject({ code: 'StorageUnavailable', details: { queue: shop.queue } })
    expect(await timed(refused)).toBeLessThan(2_000)
    await redis.restart()
    await until(() => runner.dispatch(job, AGAIN).catch(() => null), 'the hand-over is taken')
    await until(() => host.begun.length > 0, 'the job begins')

    expect(host.ids).toEqual([job.id])
  })

  it('a process that only hands over is refused likewise, though it never reached Redis', async () => {
    await using shop = new Outage()
    await redis.kill()
    const runner = shop.runner({ timeout: 500 })

    const refused = await shop.handOver(runner).catch((error: unknown) => error)

    expect(refused).toMatchObject({ code: 'StorageUnavailable', message: expect.stringContaining('ECONNREFUSED') })
    expect(String(refused)).not.toContain(new URL(redis.url).port)
  })

  it('the start is refused within its time limit, and can be repeated later', async () => {
    await using shop = new Outage()
    const host = new FakeHost()
    await redis.kill()
    const runner = shop.runner({ timeout: 500 })

    await expect(runner.start(host)).rejects.toMatchObject({ code: 'StorageUnavailable' })
    await redis.restart()
    await until(() => runner.start(host).then(() => true, () => false), 'the runner starts')
    await shop.handOver(runner)
    await runner.idle()

    expect(host.begun.length).toBe(1)
  })

  it.each([true, false])('closing settles while a job runs that ends then, drain: %j', async (drain) => {
    await using shop = new Outage()
    const host = new FakeHost(null)
    const runner = await shop.started(host)
    await shop.handOver(runner)
    await until(() => host.begun.length === 1, 'the job begins')
    await redis.kill()

    const closing = runner.close({ drain })
    host.begun[0]?.end({ outcome: 'finished' })

    expect(await timed(closing)).toBeLessThan(6_000)
    await expect(runner.idle()).resolves.toBeUndefined()
  })

  it('a connection over which no queue is answered is listened to no more often, the longer that lasts', async () => {
    await using shop = new Outage()
    const [copies, duplicate] = [[] as Redis[], shop.redis.duplicate.bind(shop.redis)]
    shop.redis.duplicate = (override) => copies[copies.push(duplicate(override)) - 1] as Redis
    const runner = shop.runner({ connection: shop.redis, timeout: 100, queues: { one: ['t_one'] } })
    await until(() => shop.handOver(runner, {}, { task: 't_one' }).catch(() => null), 'the connection is there')
    await shop.redis.client('PAUSE', 3_000)

    for (let n = 0; n < 20; n += 1) await shop.handOver(runner).catch(() => undefined)
    const listeners = copies[0]?.listenerCount('error')
    await until(() => shop.handOver(runner).catch(() => null), 'Redis answers again')

    expect(copies.length).toBe(1)
    expect(listeners).toBeLessThan(5)
  })

  it('it is told once and not at every attempt to connect', async () => {
    await using shop = new Outage()
    const host = new FakeHost()
    const runner = await shop.started(host, { timeout: 500 })
    await redis.kill()
    await until(() => host.logged.length > 0, 'the trouble is told')
    for (let n = 0; n < 3; n += 1) await shop.handOver(runner).catch(() => undefined)

    expect(JSON.stringify(host.logged)).not.toContain(new URL(redis.url).port)
    expect(host.logged).toMatchObject([{ message: expect.stringContaining('trouble with Redis'), meta: { runner: 'bullmq' } }])
  })
})

describe('after a crash of Redis', LIMIT, () => {
  it('workers go on, and nothing that was handed over is lost', async () => {
    await using shop = new Outage()
    const host = new FakeHost()
    const producer = shop.runner()
    const jobs = [await shop.handOver(producer), await shop.handOver(producer)]
    await redis.kill()
    await redis.restart()

    const runner = await shop.started(host)
    await runner.idle()
    await redis.kill()
    await redis.restart()
    const later = shop.job()
    await until(() => producer.dispatch(later, AGAIN).catch(() => null), 'the hand-over is taken')
    await until(() => host.begun.length === 3, 'the worker takes the job')

    expect(host.ids.toSorted()).toEqual([...jobs.map(({ id }) => id), later.id])
  })

  it('a delayed job runs at its time, though its runner was closed, too', async () => {
    await using shop = new Outage()
    const host = new FakeHost()
    const producer = shop.runner()
    const job = await shop.handOver(producer, {}, { notBefore: host.now() + 2_500 })
    await producer.close({ drain: true })
    await redis.kill()
    await redis.restart()

    const runner = await shop.started(host)
    await runner.idle()

    expect(host.ids).toEqual([job.id])
    expect(host.begun[0]?.at).toBeGreaterThanOrEqual(job.notBefore as number)
  })
})

// Reliability, finding 1: ioredis sends a command again whose reply was lost.
it('a hand-over is made once though its reply is lost', LIMIT, async () => {
  await using shop = new Outage()
  const line = await startLossyProxy(redis.port)
  const runner = shop.runner({ connection: `redis://127.0.0.1:${line.port}` })
  await shop.handOver(runner)
  const job = shop.job()

  line.loseReplies({ count: 1 })
  await runner.dispatch(job, FIRST_TIME)
  const waiting = await shop.dashboard().getWaiting()

  expect(line.lost).toBe(1)
  expect(waiting.filter(({ id }) => id === job.id).length).toBe(1)
  await runner.close({ drain: false })
  await line.stop()
})

it('hand-overs and workers leave a master that has become a replica, though it keeps their connections', LIMIT, async () => {
  const next = await startRedis()
  await using shop = new Outage()
  const line = await startLossyProxy(redis.port)
  const host = new FakeHost()
  const runner = await shop.started(host, { connection: `redis://127.0.0.1:${line.port}`, watchdog: null })
  await shop.handOver(runner)
  await runner.idle()
  try {
    line.leadTo(next.port)
    await shop.redis.replicaof('127.0.0.1', next.port)
    const job = shop.job()
    await until(() => runner.dispatch(job, AGAIN).catch(() => null), 'the hand-over is taken')
    await until(() => host.ids.includes(job.id), 'the job begins')
  } finally {
    await runner.close({ drain: false })
    await shop.redis.replicaof('NO', 'ONE')
    await line.stop()
    await next.stop()
  }
})

it('hand-overs and workers leave connections that say nothing any more, though nobody cuts them', LIMIT, async () => {
  await using shop = new Outage()
  const line = await startLossyProxy(redis.port)
  const host = new FakeHost()
  const runner = await shop.started(host, { connection: `redis://127.0.0.1:${line.port}`, timeout: 500, watchdog: '2s' })
  await shop.handOver(runner)
  await runner.idle()

  line.freeze()
  const job = shop.job()
  await until(() => runner.dispatch(job, AGAIN).catch(() => null), 'the hand-over is taken')
  await until(() => host.ids.includes(job.id), 'the job begins')

  await runner.close({ drain: false })
  await line.stop()
})

it('a wrong password is told as such, and not shown', LIMIT, async () => {
  const locked = await startRedis({ settings: { requirepass: 'right' } })
  await using shop = new Workshop(locked.url.replace('//', '//:not-that-one@'))

  const refused = await shop.runner({ timeout: 800 }).start(new FakeHost()).catch((error: unknown) => error)

  expect(refused).toMatchObject({ code: 'StorageUnavailable', message: expect.stringMatching(/WRONGPASS|NOAUTH|invalid/) })
  expect(String(refused)).not.toContain('not-that-one')
  await locked.stop()
})

// Reliability, A1: at BullMQ's defaults the job of a killed worker is taken up after 59.5 s.
it('the job of a worker that was killed is delivered again within 12 s', LIMIT, async () => {
  await using shop = new Outage()
  const host = new FakeHost()
  const job = await shop.handOver(shop.runner())
  await killedWithJob(shop.queue)

  const killed = Date.now()
  const runner = await shop.started(host)
  await until(() => host.begun.length === 1, 'the job is delivered again')
  await runner.idle()

  expect((host.begun[0]?.at ?? Infinity) - killed).toBeLessThan(12_000)
  expect([host.ids, await runner.dispatch(job, AGAIN)]).toEqual([[job.id], 'spent'])
})

// Reliability, A1: a second stall fails the job, and no processor is ever called for it again.
it('a job is delivered again however many workers died of it: what is to become of it, the engine decides', LIMIT, async () => {
  await using shop = new Outage()
  const host = new FakeHost()
  const workerOptions = { lockDuration: 500, stalledInterval: 200 }
  const job = await shop.handOver(shop.runner())
  for (let death = 1; death <= 3; death += 1) await killedWithJob(shop.queue, workerOptions)

  const runner = await shop.started(host, { workerOptions })
  await runner.idle()

  expect(host.ids).toEqual([job.id])
})

it('a process ends by itself once its runner is closed, though Redis is gone', LIMIT, async () => {
  await using shop = new Outage()
  const child = forked('leaving-worker', shop.queue)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await Promise.race([new Promise((resolve) => child.once('message', resolve)), ended])
  await redis.kill()

  child.send('close')
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
  const code = await ended
  clearTimeout(late)

  expect(code).toBe(0)
})

function forked(program: string, ...args: readonly string[]): ChildProcess {
  const tsx = createRequire(import.meta.url).resolve('tsx')
  const execArgv = ['--conditions=@triggerkit/source', '--import', tsx]
  return fork(fileURLToPath(new URL(`./fakes/${program}.ts`, import.meta.url)), [redis.url, ...args], { execArgv })
}

/** A worker's process, ended by SIGKILL when it has begun a job. */
async function killedWithJob(queue: string, workerOptions: BullmqWorkerOptions = {}): Promise<void> {
  const child = forked('doomed-worker', queue, JSON.stringify(workerOptions))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await Promise.race([new Promise((resolve) => child.once('message', resolve)), ended])
  child.kill('SIGKILL')
  await ended
}
