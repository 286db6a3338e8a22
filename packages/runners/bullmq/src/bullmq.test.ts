import type { ExecutionReport } from '@triggerkit/contracts'
import { startRedis, startRedisCluster, useRedis } from '@triggerkit/tool-services'
import { Worker } from 'bullmq'
import type { Span, Telemetry } from 'bullmq'
import { Cluster } from 'ioredis'
import { afterAll, describe, expect, it, vi } from 'vitest'

import manifest from '../package.json' with { type: 'json' }
import { FakeHost } from './fakes/fake-host.js'
import { AGAIN, FIRST_TIME, until, Workshop } from './fakes/workshop.js'
import { bullmqRunner, bullmqRunnerDescriptor } from './index.js'
import type { BullmqRunnerOptions } from './index.js'

const LIMIT = { timeout: 30_000 }
const redis = await useRedis()
afterAll(() => redis.stop())

const workshop = (): Workshop => new Workshop(redis.url)

it('says of itself what its manifest says', () => {
  expect(bullmqRunnerDescriptor).toMatchObject({ kind: 'runner', key: 'bullmq', package: manifest.name, version: manifest.version })
})

describe('a job as a dashboard shows it', LIMIT, () => {
  it('is named after its task function, by the engine\'s id, with names for data and no payload', async () => {
    await using shop = workshop()
    const job = await shop.handOver(shop.runner())

    const shown = await shop.dashboard().getJob(job.id)

    const { id, ...names } = job
    expect(shown).toMatchObject({ id, name: 'app.importSubject', data: names })
    expect(shown?.opts).toMatchObject({ attempts: 1, removeOnComplete: { age: 3_600, count: 10_000 }, removeOnFail: { age: 604_800, count: 10_000 } })
  })

  it('has failed with the task\'s message and stack where the task has failed', async () => {
    await using shop = workshop()
    const error = { type: 'PaymentError', message: 'The card was refused.', code: null, stack: 'PaymentError: The card was refused.\n    at pay (pay.ts:1:1)', context: {}, causes: [] }
    const runner = await shop.started(new FakeHost(async () => ({ outcome: 'failed', error })))
    const job = await shop.handOver(runner)
    await runner.idle()

    const shown = await shop.dashboard().getJob(job.id)

    expect(await shown?.getState()).toBe('failed')
    expect(shown).toMatchObject({ failedReason: 'The card was refused.', attemptsMade: 1 })
    expect(shown?.stacktrace?.[0]).toContain('at pay (pay.ts:1:1)')
  })

  // BullMQ reads commands out of an error's message and name.
  it.each([
    ['bullmq:rateLimitExceeded', 'Error', 'Error: bullmq:rateLimitExceeded'],
    ['Come back later.', 'DelayedError', 'Come back later.'],
  ])('has failed by %j of type %s, whatever BullMQ would make of that', async (message, type, failedReason) => {
    await using shop = workshop()
    const host = new FakeHost(async () => ({ outcome: 'failed', error: { type, message, code: null, stack: null, context: {}, causes: [] } }))
    const runner = await shop.started(host)
    const job = await shop.handOver(runner)
    await runner.idle()

    expect(await shop.dashboard().getJob(job.id)).toMatchObject({ failedReason })
    expect(host.ids).toEqual([job.id])
  })

  it.each(['finished', 'skipped', 'retried', 'dropped', 'stale'] as const)('is completed with the word %s', async (outcome) => {
    await using shop = workshop()
    const runner = await shop.started(new FakeHost(async () => ({ outcome })))
    const job = await shop.handOver(runner)
    await runner.idle()

    const shown = await shop.dashboard().getJob(job.id)

    expect([await shown?.getState(), shown?.returnvalue]).toEqual(['completed', { outcome }])
  })

  it('has failed where its execution could not be completed, which is logged', async () => {
    await using shop = workshop()
    const host = new FakeHost(() => Promise.reject(new Error('The storage is gone.')))
    const runner = await shop.started(host)
    const job = await shop.handOver(runner)
    await runner.idle()

    expect(await shop.dashboard().getJob(job.id)).toMatchObject({ failedReason: 'The storage is gone.' })
    expect(host.logged).toMatchObject([{ message: expect.stringContaining('could not be completed'), meta: { job: job.id } }])
  })

  it('is refused, and executes nothing, where it is none of Triggerkit\'s', async () => {
    await using shop = workshop()
    const host = new FakeHost()
    const runner = await shop.started(host)
    const foreign = await shop.dashboard().add('mail', { to: 'somebody' })
    await runner.idle()

    expect(await shop.dashboard().getJob(foreign.id as string)).toMatchObject({ failedReason: expect.stringContaining('not one of Triggerkit\'s') })
    expect(host.begun).toEqual([])
  })
})

describe('a repeated hand-over', LIMIT, () => {
  // Reliability, finding 3: BullMQ swallows a job whose id it still knows.
  it.each([
    ['completed', { outcome: 'finished' }],
    ['failed', { outcome: 'failed', error: { type: 'Error', message: 'No.', code: null, stack: null, context: {}, causes: [] } }],
  ] as const)('is told that a job is spent which BullMQ retains as %s', async (_state, report) => {
    await using shop = workshop()
    const host = new FakeHost(async () => report as ExecutionReport)
    const runner = await shop.started(host)
    const job = await shop.handOver(runner)
    await runner.idle()

    const answer = await runner.dispatch(job, AGAIN)
    await runner.idle()

    expect([answer, host.ids]).toEqual(['spent', [job.id]])
  })

  it('runs under the next attempt though the last one is retained', async () => {
    await using shop = workshop()
    const host = new FakeHost()
    const runner = await shop.started(host)
    const job = await shop.handOver(runner)
    await runner.idle()

    const next = await shop.handOver(runner, {}, { id: 't-k3x9-0-1-1-2', attempt: 2 })
    await runner.idle()

    expect(host.ids).toEqual([job.id, next.id])
  })

  it('is taken anew when somebody has removed the job', async () => {
    await using shop = workshop()
    const host = new FakeHost()
    const producer = shop.runner()
    const job = await shop.handOver(producer)
    await shop.dashboard().remove(job.id)

    const answer = await producer.dispatch(job, AGAIN)
    const consumer = await shop.started(host)
    await consumer.idle()

    expect([answer, host.ids]).toEqual(['taken', [job.id]])
  })

  it('is told that a job is spent which BullMQ knows but has in no list, for no worker would take it', async () => {
    await using shop = workshop()
    const runner = shop.runner()
    const job = await shop.handOver(runner)
    await shop.redis.lrem(shop.dashboard().toKey('wait'), 0, job.id)

    expect(await runner.dispatch(job, AGAIN)).toBe('spent')
  })

  it('brings up a job whose time has come by the storage though not by the clocks that delay it', async () => {
    await using shop = workshop()
    const host = new FakeHost()
    host.skew = 3_600_000
    const job = await shop.handOver(shop.runner(), {}, { notBefore: host.now() })
    const consumer = await shop.started(host)

    const answer = await consumer.dispatch(job, AGAIN)
    await until(() => host.begun.length > 0, 'the job begins')

    expect([answer, host.ids]).toEqual(['present', [job.id]])
  })
})

it.each(['', '0', '123', '-5', 'a:b', 'a:b:c', '0:1'])('refuses the id %j, which BullMQ would refuse or replace', LIMIT, async (id) => {
  await using shop = workshop()
  const runner = shop.runner()

  const refused = runner.dispatch(shop.job({ id }), FIRST_TIME)

  await expect(refused).rejects.toMatchObject({ code: 'InvalidArgument' })
})

describe('a job that runs', LIMIT, () => {
  it('is delivered once while its lock holds, longer than that lock lasts', async () => {
    await using shop = workshop()
    const host = new FakeHost(null)
    const [lockDuration, stalledInterval] = [400, 100]
    const workerOptions = { lockDuration, stalledInterval }
    const [runner] = [await shop.started(host, { workerOptions }), await shop.started(host, { workerOptions })]
    await shop.handOver(runner)
    await until(() => host.begun.length === 1, 'the job begins')

    await until(() => Date.now() - (host.begun[0]?.at ?? Infinity) > 3 * (lockDuration + stalledInterval), 'three locks would have run out')

    expect(host.begun.map(({ aborted }) => aborted)).toEqual([false])
    host.begun[0]?.end({ outcome: 'finished' })
  })

  // Reliability, A1: a worker that lost its lock runs to the end, and only BullMQ's record is fenced.
  it('is aborted when its lock is lost, and counts neither for the engine nor for BullMQ', async () => {
    await using shop = workshop()
    const [host, other] = [new FakeHost(null), new FakeHost()]
    const runner = await shop.started(host, { workerOptions: { lockDuration: 600, stalledInterval: 200 } })
    const job = await shop.handOver(runner)
    await until(() => host.begun.length === 1, 'the job begins')

    await shop.redis.set(`${shop.dashboard().toKey(job.id)}:lock`, 'another worker\'s', 'PX', 300)
    await until(() => host.begun[0]?.aborted, 'the execution is aborted')
    const successor = await shop.started(other, { workerOptions: { lockDuration: 600, stalledInterval: 200 } })
    await until(async () => (await shop.dashboard().getJobState(job.id)) === 'completed' || host.begun.length > 1, 'the job is delivered anew')

    host.begun[1]?.end({ outcome: 'dropped' })
    await successor.idle()

    expect(host.logged.map(({ message }) => message)).toContain(`The lock of ${job.instance} was lost; its execution here was aborted.`)
    expect(await shop.dashboard().getJob(job.id)).toMatchObject({ returnvalue: { outcome: host.begun.length > 1 ? 'dropped' : 'finished' } })
  })

  it('is given back at once by a runner that does not drain, and what waits stays for others', async () => {
    await using shop = workshop()
    const [host, other] = [new FakeHost(null), new FakeHost()]
    const runner = await shop.started(host, { concurrency: 1 })
    const jobs = [await shop.handOver(runner), await shop.handOver(runner)]
    await until(() => host.begun.length === 1, 'the first job begins')

    const began = performance.now()
    await runner.close({ drain: false })
    const closed = performance.now()
    const successor = await shop.started(other)
    await successor.idle()

    expect(closed - began).toBeLessThan(2_500)
    // A lock that is left to run out keeps its job for longer.
    expect(performance.now() - closed).toBeLessThan(5_000)
    expect(other.ids.toSorted()).toEqual(jobs.map(({ id }) => id))
    expect(host.begun.length).toBe(1)
  })
})

describe('BullMQ\'s own options', LIMIT, () => {
  it('let as many jobs run at once as concurrency says', async () => {
    await using shop = workshop()
    const host = new FakeHost(null)
    const runner = await shop.started(host, { concurrency: 3 })

    for (let n = 0; n < 5; n += 1) await shop.handOver(runner)
    await until(() => host.begun.length === 3, 'three jobs begin')
    await until(async () => (await shop.dashboard().getWaitingCount()) === 2, 'two jobs wait')

    expect(host.begun.length).toBe(3)
    for (const { end } of host.begun) end({ outcome: 'finished' })
  })

  it('begin no more jobs in a time than the limiter allows', async () => {
    await using shop = workshop()
    const host = new FakeHost()
    const runner = await shop.started(host, { limiter: { max: 2, duration: 1_000 } })

    for (let n = 0; n < 4; n += 1) await shop.handOver(runner)
    await runner.idle()

    const [first, , third] = host.begun.map(({ at }) => at)
    expect((third as number) - (first as number)).toBeGreaterThanOrEqual(900)
  })

  it('come with each job, also by a function of the task\'s directives', async () => {
    await using shop = workshop()
    const runner = shop.runner({ jobOptions: (_job, { urgent }) => ({ priority: urgent === true ? 1 : 10, removeOnComplete: { count: 5 } }) })

    const [calm, urgent] = [await shop.handOver(runner), await shop.handOver(runner, { urgent: true })]

    const [first] = await shop.dashboard().getPrioritized()
    expect(first?.id).toBe(urgent.id)
    expect((await shop.dashboard().getJob(calm.id))?.opts).toMatchObject({ priority: 10, removeOnComplete: { count: 5 }, attempts: 1 })
  })

  it('include telemetry, of hand-overs and of executions', async () => {
    await using shop = workshop()
    const spans: string[] = []
    const runner = await shop.started(new FakeHost(), { telemetry: recordingTelemetry(spans) })

    await shop.handOver(runner)
    await runner.idle()

    expect(spans).toEqual(expect.arrayContaining([`add ${shop.queue}.app.importSubject`, `process ${shop.queue}`]))
  })
})

function recordingTelemetry(spans: string[]): Telemetry {
  const span: Span = { setSpanOnContext: (context: unknown) => context, setAttribute: () => undefined, setAttributes: () => undefined, addEvent: () => undefined, recordException: () => undefined, end: () => undefined } as never
  return {
    tracer: { startSpan: (name: string) => (spans.push(name), span) },
    contextManager: { with: (_context: unknown, run: () => unknown) => run(), active: () => ({}), getMetadata: () => '', fromMetadata: (context: unknown) => context },
  } as never
}

describe('routing', LIMIT, () => {
  const queues = (shop: Workshop) => ({ [`${shop.queue}-mail`]: ['t_mail'], [`${shop.queue}-gpu`]: [] })

  it('goes by the task, by a directive before that, and else to the default queue', async () => {
    await using shop = workshop()
    const runner = shop.runner({ queues: queues(shop), route: 'pool' })

    const mail = await shop.handOver(runner, {}, { task: 't_mail' })
    const gpu = await shop.handOver(runner, { pool: `${shop.queue}-gpu` }, { task: 't_mail' })
    const other = await shop.handOver(runner, { pool: { name: 'no text' } })

    const ids = async (queue: string) => (await shop.dashboard(queue).getWaiting()).map(({ id }) => id)
    expect([await ids(`${shop.queue}-mail`), await ids(`${shop.queue}-gpu`), await ids(shop.queue)]).toEqual([[mail.id], [gpu.id], [other.id]])
  })

  it('goes by a function, and a process takes the jobs of those queues alone that it consumes', async () => {
    await using shop = workshop()
    const host = new FakeHost()
    const options = { queues: queues(shop), route: ({ uid }: { uid: string }) => (uid === 'big' ? `${shop.queue}-gpu` : undefined) }
    const runner = await shop.started(host, { ...options, consume: [`${shop.queue}-gpu`] })

    await shop.handOver(runner)
    const big = await shop.handOver(runner, {}, { uid: 'big' })
    await until(() => host.begun.length > 0, 'a job begins')

    expect(host.ids).toEqual([big.id])
    expect(await shop.dashboard().getWaitingCount()).toBe(1)
  })

  it('refuses a queue that the runner does not have, naming those that it has', async () => {
    await using shop = workshop()
    const runner = shop.runner({ route: 'pool' })

    const refused = shop.handOver(runner, { pool: 'gup' })

    await expect(refused).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining(`It has ${shop.queue}.`) })
  })

  it('opens no worker in a process that only produces, started or not', async () => {
    await using shop = workshop()
    const runner = await shop.started(new FakeHost(), { producerOnly: true })

    await shop.handOver(runner)
    await shop.handOver(shop.runner())

    expect(await shop.dashboard().getWorkersCount()).toBe(0)
    expect(await shop.dashboard().getWaitingCount()).toBe(2)
    expect(runner.accepts('app.nobodyKnows')).toBe('unknown')
  })
})

// Reliability, pitfall 6: a worker that silently stopped still says that it runs (taskforcesh/bullmq#4479, #4585).
it('replaces a worker that has stopped taking jobs, says so, and lets finish what runs there', LIMIT, async () => {
  await using shop = workshop()
  const host = new FakeHost(null)
  const runner = await shop.started(host, { watchdog: 800, concurrency: 3 })
  const running = await shop.handOver(runner)
  await until(() => host.begun.length === 1, 'the first job begins')
  const fetching = vi.spyOn(Worker.prototype as unknown as { _getNextJob: () => Promise<unknown> }, '_getNextJob')
  fetching.mockImplementationOnce(() => new Promise(() => undefined))
  // The fetch that is under way still takes one job; the one after it never comes back.
  const [taken, stuck] = [await shop.handOver(runner), await shop.handOver(runner)]

  await until(() => host.begun.length === 3, 'the stuck job begins')
  for (const { end } of host.begun) end({ outcome: 'finished' })
  await runner.idle()
  fetching.mockRestore()

  expect(host.ids).toEqual([running.id, taken.id, stuck.id])
  expect(host.logged).toMatchObject([{ message: expect.stringContaining('had stopped taking jobs'), meta: { queue: shop.queue, job: expect.any(String) } }])
  expect(await shop.dashboard().getJob(running.id)).toMatchObject({ returnvalue: { outcome: 'finished' } })
})

it('works on a Redis Cluster, with a hash tag that it chooses itself', { timeout: 60_000 }, async () => {
  const cluster = await startRedisCluster()
  const client = new Cluster([...cluster.urls])
  const runner = bullmqRunner({ connection: client, queue: 'survey' })
  const host = new FakeHost()
  await using shop = workshop()
  try {
    await runner.start(host)
    const job = await shop.handOver(runner)
    await runner.idle()

    expect([host.ids, await runner.dispatch(job, AGAIN)]).toEqual([[job.id], 'spent'])
    for (const prefix of ['jobs', '{}{jobs}', '{']) expect(() => bullmqRunner({ connection: client, prefix })).toThrow(/hash tag/)
    await runner.close({ drain: true })
    expect(await client.ping()).toBe('PONG')
  } finally {
    await runner.close({ drain: false })
    client.disconnect()
    await cluster.stop()
  }
})

describe('options', LIMIT, () => {
  const bad: readonly [string, Partial<BullmqRunnerOptions>][] = [
    ['connection', { connection: 'http://user:secret@localhost' }],
    ['connection', { connection: { keyPrefix: 'app:' } }],
    ['connection', { connection: 'redis://localhost?keyPrefix=app:' }],
    ['connection', { connection: { stringNumbers: true } }],
    ['queue', { queue: 'a:b' }],
    ['queues', { queues: { one: ['t_a'], two: ['t_a'] } }],
    ['consume', { consume: ['unknown'] }],
    ['concurrency', { concurrency: 0 }],
    ['timeout', { timeout: 0 }],
    // It would look all the time, and replace the worker at every look.
    ['watchdog', { watchdog: 0 }],
    ['key', { key: '' }],
  ]
  it.each(bad)('are refused where %s can not be read, and no password is shown', (name, options) => {
    expect(() => bullmqRunner({ connection: redis.url, ...options })).toThrow(expect.objectContaining({ code: 'InvalidArgument', details: { name } }))
    expect(() => bullmqRunner({ connection: redis.url, ...options })).not.toThrow(/secret/)
  })

  // Reliability, A1: BullMQ merely prints a warning.
  it('are refused at the start on a Redis that may evict jobs, unless that is allowed', async () => {
    const evicting = await startRedis({ settings: { 'maxmemory-policy': 'allkeys-lru' } })
    await using shop = new Workshop(evicting.url)
    const warned = vi.spyOn(console, 'warn').mockReturnValue(undefined)
    try {
      await expect(shop.started(new FakeHost())).rejects.toMatchObject({ code: 'StorageRefused', message: expect.stringContaining('allkeys-lru') })
      await expect(shop.started(new FakeHost(), { allowEviction: true })).resolves.toBeDefined()
    } finally {
      warned.mockRestore()
      await evicting.stop()
    }
  })
})
