import { API_VERSION } from '@triggerkit/contracts'
import { describe, expect, it, vi } from 'vitest'

import manifest from '../package.json' with { type: 'json' }
import { resultOf, threadsLeft, Workbench } from './fakes/workbench.js'
import { workerThreadsRunnerDescriptor } from './index.js'

// Threads take their time to begin where many want the machine.
vi.setConfig({ testTimeout: 30_000 })

describe('a task in a thread', () => {
  it('runs in none of the process\'s own, and finds its module as it left it', async () => {
    await using bench = await Workbench.open()

    const thread = resultOf(await bench.run('thread')) as { readonly threadId: number }
    const imported = resultOf(await bench.run('imported'))

    expect(thread.threadId).toBeGreaterThan(0)
    expect(imported).toEqual({ times: 1 })
  })

  it('finds its thread again after a pause in which that was given back to the pool', async () => {
    await using bench = await Workbench.open()
    const first = resultOf(await bench.run('thread'))

    bench.host.clock.advance(1_000)

    expect(resultOf(await bench.run('thread'))).toEqual(first)
  })

  it('keeps code, class, context and cause of what it throws', async () => {
    await using bench = await Workbench.open()

    const { error } = await bench.run('throw')

    expect(error).toMatchObject({ name: 'PaymentError', message: 'The card was refused.', code: 'E_CARD', cause: { name: 'TypeError', message: 'No amount.' } })
    expect((error as unknown as Record<symbol, unknown>)[Symbol.for('triggerkit/errorContext')]).toEqual({ score: 7 })
    expect(error?.stack).toContain('The card was refused.\n    at ')
  })

  it.each([
    ['throw text', 'only text'],
    ['throw a trap', 'What was thrown can be neither read nor printed.'],
  ])('may throw whatever it likes: %s', async (run, message) => {
    await using bench = await Workbench.open()

    expect((await bench.run(run)).error).toMatchObject({ message })
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })

  it('gets the manager\'s refusals with code, details and cause', async () => {
    await using bench = await Workbench.open()

    const result = resultOf(await bench.run('refused call'))

    expect(result).toEqual({ code: 'SchedulingRefused', details: { committed: true }, cause: 'Because.' })
  })

  // A batch is one message, in which structured clone keeps what calls share (research/performance.md, section 9).
  it('shares its kwargs with no other, though both were handed over at once', async () => {
    await using bench = await Workbench.open({ tasksPerThread: 2 })
    const kwargs = { list: ['shared'] }
    const jobs = [bench.job('change kwargs'), bench.job('change kwargs')]
    for (const { id } of jobs) bench.host.kwargs.set(id, kwargs)

    await Promise.all(jobs.map((job) => bench.dispatch(job)))
    await bench.runner.idle()

    expect(jobs.map((job) => resultOf(bench.told(job)))).toEqual([{ length: 2 }, { length: 2 }])
  })

  it('fails with what the logger throws at what it logs', async () => {
    await using bench = await Workbench.open()
    bench.host.unbearable = 'Odd.'

    expect((await bench.run('odd log')).error).toMatchObject({ message: 'The log is full.' })
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })

  it('that calls its manager after its end is refused, and harms nobody', async () => {
    await using bench = await Workbench.open()
    await bench.run('call late')

    let refusal: unknown = null
    while (refusal === null) refusal = (resultOf(await bench.run('late refusal')) as { lateRefusal: unknown }).lateRefusal

    expect(refusal).toBe('StaleExecutionError')
  })
})

// research/reliability.md, section D: a peer can write `__proto__`.
it('names such as __proto__ cross as plain names, and reach no prototype on either side', async () => {
  await using bench = await Workbench.open()

  const { outcome, calls, logs } = await bench.run('pollute')

  const poison = '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}'
  expect(JSON.stringify((outcome as { result: { poison: unknown } }).result.poison)).toBe(poison)
  expect(JSON.stringify(calls[0]?.args[0])).toBe(poison)
  expect(JSON.stringify(logs[0]?.meta)).toBe(poison)
  expect((outcome as { result: { polluted: unknown } }).result.polluted).toBe(false)
  expect('polluted' in {}).toBe(false)
})

// research/reliability.md, section B2: what can't be cloned rejects in the wrong place, or hangs whoever waits for it.
describe('what can\'t be cloned hangs nothing:', () => {
  it.each(['function', 'symbol', 'proxy', 'getter', 'promise'])('a result that holds a %s fails its task', async (kind) => {
    await using bench = await Workbench.open()

    const { error } = await bench.run('odd result', { kind })

    expect(error).toMatchObject({ code: 'InvalidResult', message: expect.stringContaining('The result of t#1 can\'t leave its thread') })
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })

  it('a log\'s facts are described', async () => {
    await using bench = await Workbench.open()

    const { logs } = await bench.run('odd log')

    expect(logs).toEqual([{ level: 'INFO', message: 'Odd.', meta: { callback: '[Function: callback]' } }])
  })

  it('a call with such arguments is refused where it is made', async () => {
    await using bench = await Workbench.open()

    expect(resultOf(await bench.run('odd call'))).toEqual({ code: 'InvalidArgument' })
  })

  it('a call with such an answer is refused', async () => {
    await using bench = await Workbench.open()

    expect(resultOf(await bench.run('odd answer'))).toEqual({ name: 'DataCloneError' })
  })

  it('a result keeps those beside it in one message', async () => {
    await using bench = await Workbench.open({ tasksPerThread: 3 })
    const jobs = ['echo', 'odd result', 'echo'].map((run) => bench.job(run))
    bench.host.kwargs.set('job-2', { kind: 'function' })

    await Promise.all(jobs.map((job) => bench.dispatch(job)))
    await bench.runner.idle()

    expect(jobs.map((job) => bench.told(job).outcome?.kind ?? bench.told(job).error?.code)).toEqual(['finished', 'InvalidResult', 'finished'])
  })
})

describe('concurrency', () => {
  it.each([
    { threads: 1, tasksPerThread: 1, at: 1, inThreads: 1 },
    { threads: 2, tasksPerThread: 1, at: 2, inThreads: 2 },
    { threads: 2, tasksPerThread: 3, at: 6, inThreads: 2 },
  ])('is threads × tasks per thread: $threads × $tasksPerThread', async ({ threads, tasksPerThread, at, inThreads }) => {
    await using bench = await Workbench.open({ threads, tasksPerThread })
    const jobs = Array.from({ length: 8 }, () => bench.job('hold'))

    for (const job of jobs) await bench.dispatch(job)
    while ([...bench.host.told.values()].filter(({ calls }) => calls.length > 0).length < at) await new Promise((resolve) => setTimeout(resolve, 2))
    const running = bench.host.running
    bench.host.release()
    await bench.runner.idle()

    const used = new Set(jobs.map((job) => (resultOf(bench.told(job)) as { threadId: number }).threadId))
    expect([running, bench.host.mostRunning, used.size]).toEqual([at, at, inThreads])
  })
})

describe('threads', () => {
  it('without work end after a while, all but one', async () => {
    await threadsLeft(0)
    await using bench = await Workbench.open({ threads: 2, idleTimeout: 1 })
    const jobs = [await bench.begun('hold'), await bench.begun('hold')]
    bench.host.release()
    await bench.runner.idle()

    bench.host.clock.advance(1_000)
    await threadsLeft(1)

    expect(jobs.map(({ told }) => told.error)).toEqual([null, null])
  })
})

it('accepts what its modules export, once it has started, and can\'t know before', async () => {
  await using bench = new Workbench()
  const before = ['echo', 'nobody\'s'].map((run) => bench.runner.accepts(run))

  await bench.runner.start(bench.host)

  expect(before).toEqual(['unknown', 'unknown'])
  expect(['echo', 'nobody\'s', '__proto__'].map((run) => bench.runner.accepts(run))).toEqual(['yes', 'no', 'no'])
  expect((await bench.run('nobody\'s')).error).toMatchObject({ code: 'UnknownTaskFunction' })
})

it('is described by its package', () => {
  const { package: name, version, apiVersion } = workerThreadsRunnerDescriptor

  expect([name, version, apiVersion]).toEqual([manifest.name, manifest.version, API_VERSION])
})
