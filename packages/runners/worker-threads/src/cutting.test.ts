import { TriggerkitError } from '@triggerkit/contracts'
import { describe, expect, it, vi } from 'vitest'

import { resultOf, threadsLeft, Workbench } from './fakes/workbench.js'

// Threads take their time to begin where many want the machine.
vi.setConfig({ testTimeout: 30_000 })

const stale = new TriggerkitError('StaleExecutionError', 'It no longer counts.')

describe('an aborted task', () => {
  it('that heeds its signal learns why, cleans up, and keeps its thread', async () => {
    await using bench = await Workbench.open({ grace: '10s' })
    const before = resultOf(await bench.run('thread'))
    const { told } = await bench.begun('clean up')

    told.controller.abort(stale)
    await bench.runner.idle()

    expect(told.calls).toContainEqual({ method: 'cleaned', args: ['TriggerkitError', 'StaleExecutionError', 'It no longer counts.'] })
    expect(resultOf(told)).toEqual({ cleaned: true })
    expect(resultOf(await bench.run('thread'))).toEqual(before)
  })

  it('that loops for ever is cut with its thread after the grace, and another thread takes its place', async () => {
    await using bench = await Workbench.open({ grace: 20 })
    const before = resultOf(await bench.run('thread'))
    const { told } = await bench.begun('loop')

    told.controller.abort(stale)
    await bench.runner.idle()

    expect(told.error).toBe(stale)
    expect(resultOf(await bench.run('thread'))).not.toEqual(before)
  })

  it('that waits for its thread does not begin, and nothing is cut for it', async () => {
    await using bench = await Workbench.open()
    await bench.begun('loop').then(({ told }) => told.controller.abort(stale))
    await bench.runner.idle()
    const job = await bench.dispatch(bench.job('for ever'))
    while (bench.host.told.get(job.id) === undefined) await Promise.resolve()

    bench.told(job).controller.abort(stale)
    await bench.runner.idle()

    expect(bench.told(job).error).toBe(stale)
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })
})

describe('a cancelled job', () => {
  it('that loops for ever is cut, though nobody aborted its signal', async () => {
    await using bench = await Workbench.open({ grace: 20 })
    const { job, told } = await bench.begun('loop')

    await bench.runner.cancel(job.id)
    await bench.runner.idle()

    expect(told.error).toMatchObject({ code: 'Cancelled' })
  })

  it('in a thread with others takes those with it, and they say why', async () => {
    await using bench = await Workbench.open({ tasksPerThread: 2, grace: 20 })
    const beside = await bench.begun('hold')
    const { job } = await bench.begun('loop')

    await bench.runner.cancel(job.id)
    await bench.runner.idle()

    expect(beside.told.error).toMatchObject({ code: 'ExecutionLost', message: expect.stringContaining('another task there was cut') })
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })
})

describe('a task whose time is up', () => {
  it('is cut, be it in an endless loop', async () => {
    await using bench = await Workbench.open({ grace: 20 })

    const { error } = await bench.run('loop in time')

    expect(error).toMatchObject({ code: 'TimeLimitExceeded', message: 't#1 took longer than its time limit of 100 ms.' })
    expect(resultOf(await bench.run('echo'))).toEqual({ kwargs: {} })
  })

  it('has failed at once, but may clean up for as long as the grace lasts', async () => {
    await using bench = await Workbench.open({ grace: '10s' })
    const before = resultOf(await bench.run('thread'))

    const { error, calls } = await bench.run('clean up in time')

    expect(error).toMatchObject({ code: 'TimeLimitExceeded' })
    expect(calls).toEqual([{ method: 'cleaned', args: ['TimeLimitExceeded'] }])
    expect(resultOf(await bench.run('thread'))).toEqual(before)
  })

  it('is told by the runner\'s own limit where the task has none', async () => {
    await using bench = await Workbench.open({ timeLimit: 50, grace: 20 })

    expect((await bench.run('for ever')).error).toMatchObject({ code: 'TimeLimitExceeded' })
  })

  it('has said what it logged before it was cut', async () => {
    await using bench = await Workbench.open({ grace: 20 })

    const { logs } = await bench.run('say and loop')

    expect(logs).toEqual([{ level: 'WARNING', message: 'About to loop.', meta: {} }])
  })
})

describe('closing', () => {
  it('leaves no thread, be it with a loop, without draining', async () => {
    await threadsLeft(0)
    const bench = await Workbench.open({ threads: 2 })
    const { told } = await bench.begun('loop')
    await bench.begun('hold')

    await bench.runner.close({ drain: false })

    await threadsLeft(0)
    expect(told.error).toMatchObject({ code: 'Closed' })
  })

  it('leaves no thread after draining, and loses nothing of what ran or was ready', async () => {
    const bench = await Workbench.open({ threads: 2 })
    const jobs = await Promise.all(Array.from({ length: 10 }, () => bench.dispatch(bench.job('echo'))))

    await bench.runner.close({ drain: true })

    await threadsLeft(0)
    expect(jobs.map((job) => resultOf(bench.told(job)))).toEqual(jobs.map(() => ({ kwargs: {} })))
  })

  it('waits for no thread that is inside native code, and no other takes its place', async () => {
    await threadsLeft(0)
    const bench = await Workbench.open({ grace: 1 })
    const { job } = await bench.begun('sleep natively')
    await bench.runner.cancel(job.id)
    await bench.runner.idle()

    const began = performance.now()
    await bench.runner.close({ drain: false })
    const closing = performance.now() - began

    await threadsLeft(0)
    await new Promise((resolve) => setImmediate(resolve))
    expect(closing).toBeLessThan(900)
    await threadsLeft(0)
  })

  it('before the start, or twice, or while it starts, leaves nothing behind', async () => {
    const [unstarted, starting] = [new Workbench(), new Workbench()]

    await unstarted.runner.close({ drain: false })
    const refused = starting.runner.start(starting.host).catch((error: unknown) => error)
    await Promise.all([starting.runner.close({ drain: true }), starting.runner.close({ drain: false })])

    expect(await refused).toMatchObject({ code: 'Closed' })
    await threadsLeft(0)
  })
})
