import { describe, expect, it, vi } from 'vitest'

import { resultOf, Workbench } from './fakes/workbench.js'

// Threads take their time to begin where many want the machine.
vi.setConfig({ testTimeout: 30_000 })

// research/reliability.md, E7: calls to a dead worker that never settle.
describe('a thread that crashes fails its task, and another takes its place:', () => {
  it.each([
    ['exit', 'worker exited with code: 3'],
    ['throw later', 'Nobody caught this.'],
    ['reject later', 'Nobody waited for this.'],
  ])('%s', async (run, why) => {
    await using bench = await Workbench.open()

    const { error } = await bench.run(run)

    expect(error).toMatchObject({ code: 'ExecutionLost', details: { instance: 't#1' } })
    expect(error?.message).toContain('The thread that ran t#1 ended before it')
    expect(error?.message).toContain(why)
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })

  it('out of memory, by the runner\'s limit', async () => {
    await using bench = await Workbench.open({ resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } })

    const { error } = await bench.run('hoard')

    expect(error).toMatchObject({ code: 'ExecutionLost', cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' } })
    expect(error?.message).toContain('its memory limit was reached')
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })

  it('with what it logged before, though this process was busy then', async () => {
    await using bench = await Workbench.open()
    const job = await bench.dispatch(bench.job('log and exit'))
    await new Promise((resolve) => setImmediate(resolve))

    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    await bench.runner.idle()

    const { logs, error } = bench.told(job)
    expect(logs.map(({ message }) => message)).toEqual(['Last words.'])
    expect(error).toMatchObject({ code: 'ExecutionLost' })
  })
})

it.each([
  ['soon after one', 0],
  ['when it was given back to the pool', 1_000],
])('a thread that crashes while it has no task, %s, is told to the logger, and the process lives', async (_when, pause) => {
  await using bench = await Workbench.open()
  expect(resultOf(await bench.run('leave a bomb', { after: 100 }))).toEqual({})
  bench.host.clock.advance(pause)

  while (bench.host.warned.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))

  expect(bench.host.warned).toEqual([expect.stringContaining('A thread has ended while it had no task; another takes its place. Error: Too late.')])
  expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
})

it('of a hundred jobs over two threads each has its outcome, though some crash theirs', async () => {
  await using bench = await Workbench.open({ threads: 2 })
  const jobs = Array.from({ length: 100 }, (_, index) => bench.job(index % 25 === 7 ? 'exit' : 'echo'))
  for (const [index, { id }] of jobs.entries()) bench.host.kwargs.set(id, { index })

  await Promise.all(jobs.map((job) => bench.dispatch(job)))
  await bench.runner.idle()

  const became = jobs.map((job) => bench.told(job).error?.code ?? resultOf(bench.told(job)))
  expect(became).toEqual(jobs.map((_, index) => (index % 25 === 7 ? 'ExecutionLost' : { kwargs: { index } })))
})

it('a crash in a thread with several tasks takes those, and only those, with it', async () => {
  await using bench = await Workbench.open({ threads: 2, tasksPerThread: 2 })
  const [one, other] = [await bench.begun('hold'), await bench.begun('hold')]

  await bench.dispatch(bench.job('exit'))
  while (bench.host.running > 1) await new Promise((resolve) => setTimeout(resolve, 5))
  bench.host.release()
  await bench.runner.idle()

  expect([one, other].map(({ told }) => told.error?.code ?? told.outcome?.kind).sort()).toEqual(['ExecutionLost', 'finished'])
})
