import { API_VERSION, type ExecutionReport, type Job, type Logger, type RunnerHost, type Timer } from '@triggerkit/contracts'
import { describe, expect, it, vi } from 'vitest'

import manifest from '../package.json' with { type: 'json' }
import { inlineRunner, InlineRunner, inlineRunnerDescriptor, type InlineRunnerOptions } from './index.js'

const START = 1_700_000_000_000
const FIRST_TIME = { repeated: false, extras: {} }
const AGAIN = { repeated: true, extras: {} }

function job(id: string, notBefore: number | null = null): Job {
  const names = { storage: 'memory', manager: 'default', uid: 's', incarnation: 'i1', task: 't', run: 'app.t', runner: 'inline' }
  return { id, ...names, instance: `${id}#0`, round: 1, attempt: 1, notBefore }
}

interface SetTimer {
  readonly callback: () => void
  readonly at: number
}

/** A clock that stands still until it is moved; timers fire in the order of their times. */
class FakeClock {
  readonly timers = new Set<SetTimer>()
  time = 0

  monotonic(): number {
    return this.time
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer = { callback, at: this.time + delay }
    this.timers.add(timer)
    return timer
  }

  clearTimer(timer: Timer): void {
    this.timers.delete(timer as SetTimer)
  }

  advance(milliseconds: number): void {
    this.time += milliseconds
    for (const timer of [...this.timers].sort((one, other) => one.at - other.at)) {
      if (timer.at > this.time) continue
      this.timers.delete(timer)
      timer.callback()
    }
  }
}

/** An engine whose executions end when the test says so. */
class FakeHost implements RunnerHost {
  readonly clock = new FakeClock()
  readonly logged: string[] = []
  readonly started: string[] = []
  readonly given: unknown[][] = []
  readonly logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: message => void this.logged.push(message),
  }
  readonly #ends = new Map<string, { resolve: (report: ExecutionReport) => void; reject: (error: unknown) => void }>()
  /** How far the storage's time is behind the clock's. */
  lag = 0

  now(): number {
    return START + this.clock.time - this.lag
  }

  execute(...args: Parameters<RunnerHost['execute']>): Promise<ExecutionReport> {
    const { id } = args[0]
    this.given.push(args)
    this.started.push(id)
    return new Promise((resolve, reject) => this.#ends.set(id, { resolve, reject }))
  }

  abort(): never {
    throw new Error('A runner in the engine\'s own process loses no job.')
  }

  finish(id: string): void {
    this.#ends.get(id)?.resolve({ outcome: 'finished' })
  }

  reject(id: string, error: unknown): void {
    this.#ends.get(id)?.reject(error)
  }
}

/** Lets everything that can go on without time or ends go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

async function hasResolved(promise: Promise<unknown>): Promise<boolean> {
  let resolved = false
  void promise.then(() => (resolved = true))
  await settle()
  return resolved
}

async function started(options: InlineRunnerOptions = {}): Promise<{ runner: InlineRunner; host: FakeHost }> {
  const host = new FakeHost()
  const runner = inlineRunner(options)
  await runner.start(host)
  return { runner, host }
}

async function dispatchAll(runner: InlineRunner, ids: readonly string[]): Promise<void> {
  for (const id of ids) await runner.dispatch(job(id), FIRST_TIME)
  await settle()
}

describe('dispatch', () => {
  it('takes a job once, tells that it is present while it waits or runs, and spent when it has ended', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    await dispatchAll(runner, ['running', 'waiting'])

    const answers = [await runner.dispatch(job('running'), AGAIN), await runner.dispatch(job('waiting'), FIRST_TIME)]
    host.finish('running')
    await settle()
    answers.push(await runner.dispatch(job('running'), FIRST_TIME), await runner.dispatch(job('new'), AGAIN))

    expect(answers).toEqual(['present', 'present', 'spent', 'taken'])
    expect(host.started).toEqual(['running', 'waiting'])
  })

  it('forgets ended jobs beyond the number to remember, oldest first', async () => {
    const { runner, host } = await started({ remember: 2 })
    for (const id of ['a', 'b', 'c']) {
      await dispatchAll(runner, [id])
      host.finish(id)
      await settle()
    }

    expect(await runner.dispatch(job('b'), AGAIN)).toBe('spent')
    expect(await runner.dispatch(job('c'), AGAIN)).toBe('spent')
    expect(await runner.dispatch(job('a'), AGAIN)).toBe('taken')
  })

  it('only queues before the start', async () => {
    const host = new FakeHost()
    const runner = inlineRunner()
    await dispatchAll(runner, ['a', 'b'])
    expect(await runner.dispatch(job('a'), AGAIN)).toBe('present')

    await runner.start(host)
    await settle()

    expect(host.started).toEqual(['a', 'b'])
  })

  it('answers before the execution begins', async () => {
    const { runner, host } = await started()

    const answer = runner.dispatch(job('a'), FIRST_TIME)

    expect(host.started).toEqual([])
    expect(await answer).toBe('taken')
  })
})

describe('start', () => {
  it('runs jobs in the order in which they became ready, at most as many at once as told', async () => {
    const { runner, host } = await started({ concurrency: 2 })
    await runner.dispatch(job('delayed', START + 5), FIRST_TIME)
    await dispatchAll(runner, ['a', 'b', 'c'])
    host.clock.advance(5)
    await dispatchAll(runner, ['d'])
    expect(host.started).toEqual(['a', 'b'])

    for (const id of ['b', 'a', 'c']) {
      host.finish(id)
      await settle()
    }

    expect(host.started).toEqual(['a', 'b', 'c', 'delayed', 'd'])
  })

  it('executes with the engine\'s own task functions', async () => {
    const { runner, host } = await started()

    await dispatchAll(runner, ['a'])

    expect(host.given).toEqual([[job('a')]])
    expect('accepts' in runner).toBe(false)
  })

  it('reports an execution that rejects, and goes on', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    await dispatchAll(runner, ['bad', 'good'])

    host.reject('bad', new Error('storage gone'))
    await settle()

    expect(host.logged).toEqual([expect.stringContaining('bad#0')])
    expect(host.started).toEqual(['bad', 'good'])
    expect(await runner.dispatch(job('bad'), AGAIN)).toBe('spent')
  })

  it('goes on though execute throws at once, for thousands of jobs, and the logger throws too', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    const execute = vi.spyOn(host, 'execute').mockImplementation(() => {
      throw new Error('at once')
    })
    vi.spyOn(host.logger, 'error').mockImplementation(() => {
      throw new Error('logger')
    })

    await Promise.all(Array.from({ length: 20_000 }, (_, number) => runner.dispatch(job(`j${number}`), FIRST_TIME)))
    await runner.idle()

    expect(execute).toHaveBeenCalledTimes(20_000)
  })

  it('is refused a second time', async () => {
    const { runner, host } = await started()

    await expect(runner.start(host)).rejects.toMatchObject({ code: 'InvalidArgument' })
  })

  it('gives timers a turn during a long row of jobs that need none', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    let timersRan = false
    let jobsAfterwards = 0
    vi.spyOn(host, 'execute').mockImplementation(async () => {
      host.clock.time += 1
      if (timersRan) jobsAfterwards += 1
      return { outcome: 'finished' }
    })
    await Promise.all(Array.from({ length: 1_000 }, (_, number) => runner.dispatch(job(`j${number}`), FIRST_TIME)))

    setTimeout(() => (timersRan = true), 0)
    await runner.idle()

    expect(jobsAfterwards).toBeGreaterThan(0)
  })
})

describe('delays', () => {
  it('are measured by the storage\'s time, and looked at again when the timer fires', async () => {
    const { runner, host } = await started()
    await runner.dispatch(job('a', START + 1_000), FIRST_TIME)

    host.lag = 300
    host.clock.advance(1_000)
    await settle()
    const startedEarly = [...host.started]
    host.clock.advance(300)
    await settle()

    expect(startedEarly).toEqual([])
    expect(host.started).toEqual(['a'])
  })

  it('may be longer than 2^31 milliseconds', async () => {
    const { runner, host } = await started()
    const delay = 2 ** 31 + 1_000
    await runner.dispatch(job('a', START + delay), FIRST_TIME)

    host.clock.advance(delay - 1)
    await settle()
    expect(host.started).toEqual([])
    host.clock.advance(1)
    await settle()

    expect(host.started).toEqual(['a'])
  })

  it('take no place of those that run at once', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    await runner.dispatch(job('later', START + 1_000), FIRST_TIME)

    await dispatchAll(runner, ['now'])

    expect(host.started).toEqual(['now'])
    expect(await runner.dispatch(job('later', START + 1_000), AGAIN)).toBe('present')
  })
})

describe('cancel', () => {
  it('takes back jobs that wait, for an end or for their time, and marks them spent', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    await runner.dispatch(job('delayed', START + 1_000), FIRST_TIME)
    await dispatchAll(runner, ['running', 'ready'])

    await runner.cancel('ready')
    await runner.cancel('delayed')
    await runner.cancel('unknown')
    host.finish('running')
    host.clock.advance(1_000)
    await settle()

    expect(host.started).toEqual(['running'])
    expect(host.clock.timers.size).toBe(0)
    expect(await runner.dispatch(job('ready'), AGAIN)).toBe('spent')
    expect(await runner.dispatch(job('delayed'), AGAIN)).toBe('spent')
    expect(await hasResolved(runner.idle())).toBe(true)
  })

  it('leaves a running job to its signal', async () => {
    const { runner, host } = await started()
    await dispatchAll(runner, ['a'])

    await runner.cancel('a')

    expect(await runner.dispatch(job('a'), AGAIN)).toBe('present')
    expect(await hasResolved(runner.idle())).toBe(false)
    host.finish('a')
    expect(await hasResolved(runner.idle())).toBe(true)
  })
})

describe('idle', () => {
  it('waits for what runs, for what is delayed, and for what they hand over in turn; for several callers', async () => {
    const { runner, host } = await started()
    await dispatchAll(runner, ['a'])
    const callers = Promise.all([runner.idle(), runner.idle()])

    await runner.dispatch(job('cascade'), FIRST_TIME)
    await runner.dispatch(job('retry', START + 60_000), FIRST_TIME)
    host.finish('a')
    await settle()
    host.finish('cascade')
    expect(await hasResolved(callers)).toBe(false)
    host.clock.advance(60_000)
    await settle()
    expect(await hasResolved(callers)).toBe(false)
    host.finish('retry')

    expect(await hasResolved(callers)).toBe(true)
  })

  it('can be awaited again, and resolves at once when there is nothing', async () => {
    const { runner, host } = await started()
    await runner.idle()
    await dispatchAll(runner, ['a'])

    const again = runner.idle()

    expect(await hasResolved(again)).toBe(false)
    host.finish('a')
    expect(await hasResolved(again)).toBe(true)
  })
})

describe('close', () => {
  it('with drain waits for what runs and what is ready, not for what is delayed', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    await runner.dispatch(job('delayed', START + 1_000), FIRST_TIME)
    await dispatchAll(runner, ['running', 'ready'])

    const closing = runner.close({ drain: true })
    await expect(runner.dispatch(job('late'), FIRST_TIME)).rejects.toMatchObject({ code: 'Closed' })
    expect(host.clock.timers.size).toBe(0)
    host.finish('running')
    expect(await hasResolved(closing)).toBe(false)
    host.finish('ready')

    expect(await hasResolved(closing)).toBe(true)
    expect(host.started).toEqual(['running', 'ready'])
  })

  it('without drain starts nothing more and waits for nothing', async () => {
    const { runner, host } = await started({ concurrency: 1 })
    await runner.dispatch(job('delayed', START + 1_000), FIRST_TIME)
    await dispatchAll(runner, ['running', 'ready'])

    expect(await hasResolved(runner.close({ drain: false }))).toBe(true)
    host.finish('running')
    await settle()

    expect(host.started).toEqual(['running'])
    expect(host.clock.timers.size).toBe(0)
  })

  it.each([true, false])('lets pending idle calls resolve (drain: %s)', async drain => {
    const { runner } = await started()
    await runner.dispatch(job('delayed', START + 1_000), FIRST_TIME)
    const idle = runner.idle()

    await runner.close({ drain })

    expect(await hasResolved(idle)).toBe(true)
  })

  it('can be repeated, and made short by a second call', async () => {
    const { runner } = await started()
    await dispatchAll(runner, ['a'])
    const draining = runner.close({ drain: true })
    expect(await hasResolved(draining)).toBe(false)

    await runner.close({ drain: false })

    expect(await hasResolved(draining)).toBe(true)
  })

  it('ends a runner that was never started, which then can\'t be', async () => {
    const runner = inlineRunner()
    await runner.dispatch(job('a'), FIRST_TIME)

    await runner.close({ drain: true })

    await expect(runner.start(new FakeHost())).rejects.toMatchObject({ code: 'Closed' })
  })
})

describe('options', () => {
  it.each([{ concurrency: 0 }, { concurrency: 1.5 }, { remember: -1 }, { key: '' }])('refuse %j', options => {
    expect(() => inlineRunner(options)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  })

  it('default to sixteen jobs at once under the key inline', async () => {
    const { runner, host } = await started()

    await dispatchAll(runner, Array.from({ length: 20 }, (_, number) => `j${number}`))

    expect(runner.key).toBe('inline')
    expect(inlineRunner({ key: 'other' }).key).toBe('other')
    expect(host.started).toHaveLength(16)
  })
})

it('is described by its descriptor', () => {
  const { create, capabilities, ...words } = inlineRunnerDescriptor

  const { name, version } = manifest
  expect(words).toEqual({ kind: 'runner', key: 'inline', package: name, version, apiVersion: API_VERSION })
  expect(create()).toBeInstanceOf(InlineRunner)
  expect(create()).toMatchObject({ key: 'inline', capabilities })
})
