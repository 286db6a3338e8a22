import type { JsonObject } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { FakeClock } from './fakes/fake-clock.js'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, DEFAULT_MAX_RETRIES, defineTask, withContext } from './index.js'
import type { TaskBody, TaskContext, TaskOptions, TriggerManager, Triggers, TriggersOptions } from './index.js'

interface Run {
  readonly clock: FakeClock
  readonly triggers: Triggers
  readonly manager: TriggerManager
  readonly logger: RecordingLogger
  /** Name, status and error code of each instance. */
  outcomes(): Promise<readonly (readonly [string, string, string | null | undefined])[]>
}

/** Fires `go` for a task of that body, on a clock of the test's own. */
async function run(body: TaskBody, options: TaskOptions = {}, kwargs: JsonObject = {}, application: Partial<TriggersOptions> = {}): Promise<Run> {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const triggers = createTriggers({
    storage: memoryStorage({ now: () => clock.monotonic() }),
    runners: { inline: inlineRunner() },
    tasks: [defineTask('app.task', options, body)],
    clock,
    logger,
    ...application,
  })
  await triggers.start()
  const manager = triggers.manager('session')
  await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task', withParams: { fixed: { of: 'params' } } } })
  await manager.fire('go', kwargs)
  await clock.advance(0)
  const outcomes = async () => (await manager.instances()).map(({ name, status, error }) => [name, status, error?.code] as const)
  return { clock, triggers, manager, logger, outcomes }
}

describe('a retry', () => {
  it.each([
    ['thrown', (context: TaskContext) => Promise.reject(context.retry({ metadata: { reason: 'busy' } }))],
    ['returned', (context: TaskContext) => context.retry({ metadata: { reason: 'busy' } })],
  ])('that is %s replays the instance', async (_how, ask) => {
    const { manager } = await run((context) => (context.depth === 0 ? ask(context) : { done: true }))

    const [first, second] = await manager.instances()

    expect([first?.status, first?.metadata, first?.error]).toEqual(['replayed', { reason: 'busy' }, null])
    expect([second?.status, second?.parent, second?.depth, second?.result]).toEqual(['finished', 't_task#0', 1, { done: true }])
  })

  it('that is made but neither thrown nor returned fails the instance', async () => {
    const { outcomes } = await run(({ retry }) => void retry())

    expect(await outcomes()).toEqual([['t_task#0', 'failed', 'RequestNotThrown']])
  })

  it('gives way to another error that is thrown after it', async () => {
    const { manager } = await run(({ retry }) => {
      retry({ metadata: { reason: 'busy' } })
      throw new TypeError('Something else.')
    })

    const instance = await manager.instance('t_task#0')

    expect([instance.status, instance.error?.message, instance.metadata]).toEqual(['failed', 'Something else.', {}])
  })

  it('keeps its error with the instance that is given up', async () => {
    const { manager } = await run(({ depth, retry }) => {
      if (depth === 0) throw retry({ error: withContext(new RangeError('Busy.'), { host: 'a' }) })
    })

    expect((await manager.instance('t_task#0')).error).toMatchObject({ type: 'RangeError', message: 'Busy.', context: { host: 'a' } })
  })

  it.each([
    ['nothing keeps', undefined, { page: 1 }],
    ['null keeps', null, { page: 1 }],
    ['an empty object clears', {}, undefined],
    ['others replace', { go: { page: 2 } }, { page: 2 }],
  ])('replaces the kwargs as a whole: %s them', async (_what, replacementKwargs, expected) => {
    const received: JsonObject[] = []
    const body: TaskBody = ({ depth, triggerKwargs, retry }) => {
      received.push(triggerKwargs)
      if (depth === 0) throw retry(replacementKwargs === undefined ? {} : { replacementKwargs })
    }

    await run(body, {}, { page: 1 })

    expect([received[1]?.['go'], received[1]?.['fixed']]).toEqual([expected, { of: 'params' }])
  })

  it('waits for its cooldown', async () => {
    const { clock, manager, outcomes } = await run(({ depth, retry }) => {
      if (depth === 0) throw retry({ cooldown: '10s' })
    })

    expect(await outcomes()).toEqual([
      ['t_task#0', 'replayed', undefined],
      ['t_task#1', 'scheduled', undefined],
    ])
    expect((await manager.instance('t_task#1')).cooldown).toBe(10_000)
    await clock.advance(9_999)
    expect((await manager.instance('t_task#1')).status).toBe('scheduled')
    await clock.advance(1)
    expect((await manager.instance('t_task#1')).status).toBe('finished')
  })

  it('refuses metadata, kwargs and cooldowns that will not do, at the place of the call', async () => {
    const codes: unknown[] = []

    await run(({ retry, skip }) => {
      const attempts = [() => retry({ metadata: { when: new Date() } as never }), () => retry({ cooldown: 'soon' as never }), () => skip({ nan: NaN })]
      for (const attempt of attempts) {
        try {
          attempt()
        } catch (error) {
          codes.push((error as { code?: string }).code)
        }
      }
    })

    expect(codes).toEqual(['InvalidPayload', 'InvalidArgument', 'InvalidPayload'])
  })
})

describe('what a retry or skip brings along', () => {
  const large = { text: 'x'.repeat(2_000_000) }

  it('may be as large as the application allows', async () => {
    const body: TaskBody = ({ depth, retry, skip, triggerKwargs }) => {
      throw depth === 0 ? retry({ replacementKwargs: { ...triggerKwargs } }) : skip(large)
    }

    const { manager } = await run(body, {}, large, { maxPayloadBytes: 5_000_000 })

    expect((await manager.instances()).map(({ status, error }) => [status, error])).toEqual([
      ['replayed', null],
      ['skipped', null],
    ])
  })

  it.each([
    ['a retry', ({ retry }: TaskContext) => retry({ replacementKwargs: { go: large } }), {}],
    ["a retry's metadata", ({ retry }: TaskContext) => retry({ metadata: large }), {}],
    ['the metadata of a retry that is refused', ({ retry }: TaskContext) => retry({ metadata: large }), { maxRetries: 0 }],
    ['a skip', ({ skip }: TaskContext) => skip(large), {}],
  ])('fails the instance where it is larger: %s', async (_what, make, options) => {
    const { outcomes } = await run((context) => Promise.reject(make(context)), options)

    expect(await outcomes()).toEqual([['t_task#0', 'failed', 'PayloadTooLarge']])
  })
})

describe('the limit of retries', () => {
  it('is three unless the task says otherwise', async () => {
    const { outcomes } = await run(({ retry }) => {
      throw retry()
    })

    expect(DEFAULT_MAX_RETRIES).toBe(3)
    expect(await outcomes()).toEqual([
      ['t_task#0', 'replayed', undefined],
      ['t_task#1', 'replayed', undefined],
      ['t_task#2', 'replayed', undefined],
      ['t_task#3', 'failed', 'MaxRetriesExceeded'],
    ])
  })

  it('keeps the error given to retry as cause, and the metadata of the retry', async () => {
    const { manager } = await run(
      ({ retry }) => {
        throw retry({ error: new RangeError('Busy.'), metadata: { host: 'a' } })
      },
      { maxRetries: 0 },
    )

    const { error, metadata } = await manager.instance('t_task#0')

    expect([error?.code, error?.causes[0]?.type, error?.causes[0]?.message]).toEqual(['MaxRetriesExceeded', 'RangeError', 'Busy.'])
    expect(metadata).toEqual({ host: 'a' })
  })

  it('forgets the metadata of a refused retry when another error is thrown', async () => {
    const { manager } = await run(
      ({ retry }) => {
        try {
          retry({ metadata: { host: 'a' } })
        } catch {
          throw new TypeError('Something else.')
        }
      },
      { maxRetries: 0 },
    )

    const { error, metadata } = await manager.instance('t_task#0')

    expect([error?.type, metadata]).toEqual(['TypeError', {}])
  })

  it('counts replays by hand and clones', async () => {
    const { clock, manager, outcomes } = await run(
      ({ depth, retry }) => {
        if (depth === 0) throw new Error('At first.')
        throw retry()
      },
      { maxRetries: 1 },
    )

    await manager.replayFailedInstance('t_task#0')
    await clock.advance(0)
    expect(await outcomes()).toEqual([
      ['t_task#0', 'replayed', null],
      ['t_task#1', 'failed', 'MaxRetriesExceeded'],
    ])

    const { instance } = await manager.cloneInstance('t_task#1')
    expect((await manager.instance(instance)).depth).toBe(2)
  })

  it('does not count being run again after a crash', async () => {
    const [clock, stopped] = [new FakeClock(), new FakeClock()]
    const storage = memoryStorage({ now: () => clock.monotonic() })
    const contexts: TaskContext[] = []
    const make = (own: FakeClock, body: TaskBody): Triggers => {
      const tasks = [defineTask('app.task', { maxRetries: 0 }, body)]
      return createTriggers({ storage, runners: { inline: inlineRunner() }, tasks, clock: own, logger: new RecordingLogger() })
    }
    const crashing = make(stopped, () => new Promise(() => undefined))
    await crashing.start()
    const manager = crashing.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    await manager.fire('go')
    await stopped.advance(0)

    const surviving = make(clock, (context) => void contexts.push(context))
    await surviving.start()
    await clock.advance(60_000)

    expect(contexts.map(({ instance, attempt, depth }) => [instance, attempt, depth])).toEqual([['t_task#0', 2, 0]])
  })
})

describe('an automatic retry', () => {
  it('waits longer from one retry to the next, up to the longest wait, and fails with the error in the end', async () => {
    const options: TaskOptions = { maxRetries: 4, retry: { delay: '1s', factor: 3, maxDelay: '10s' } }
    const { clock, manager, outcomes } = await run(() => Promise.reject(new RangeError('Busy.')), options)

    for (let retry = 0; retry < 4; retry += 1) await clock.advance(10_000)

    const instances = await manager.instances()
    expect(instances.map(({ cooldown }) => cooldown)).toEqual([null, 1_000, 3_000, 9_000, 10_000])
    expect(instances.map(({ status }) => status)).toEqual(['replayed', 'replayed', 'replayed', 'replayed', 'failed'])
    expect(instances.map(({ error }) => error?.message)).toEqual(Array(5).fill('Busy.'))
    expect((await outcomes()).at(-1)).toEqual(['t_task#4', 'failed', null])
  })

  it('waits a first time as long as it is told to, however long that is', async () => {
    const { manager } = await run(() => Promise.reject(new Error('Busy.')), { retry: { delay: '7d' } })

    expect((await manager.instance('t_task#1')).cooldown).toBe(7 * 86_400_000)
    expect(() => defineTask('app.task', { retry: { delay: '7d', maxDelay: '1h' } }, () => undefined)).toThrow(/maxDelay must not be shorter/)
  })

  it('does not begin where the task found its own retries used up', async () => {
    const { outcomes } = await run(({ retry }) => Promise.reject(retry()), { maxRetries: 1, retry: { delay: 0 } })

    expect(await outcomes()).toEqual([
      ['t_task#0', 'replayed', undefined],
      ['t_task#1', 'failed', 'MaxRetriesExceeded'],
    ])
  })

  it('does not begin where a retry or skip was made but not thrown, which no repetition mends', async () => {
    const { outcomes } = await run(({ skip }) => void skip(), { retry: { delay: 0 } })

    expect(await outcomes()).toEqual([['t_task#0', 'failed', 'RequestNotThrown']])
  })

  it('waits no time at all with a delay of zero, however often', async () => {
    const { manager } = await run(() => Promise.reject(new Error('Busy.')), { maxRetries: 5, retry: { delay: 0 } })

    expect((await manager.instances()).map(({ cooldown }) => cooldown)).toEqual(Array(6).fill(null))
  })
})

describe('a skip', () => {
  it('ends the run without cascade or result, with its metadata', async () => {
    const { manager } = await run(({ skip }) => Promise.reject(skip({ reason: 'embedded' })))

    const { status, metadata, result, error } = await manager.instance('t_task#0')

    expect([status, metadata, result, error]).toEqual(['skipped', { reason: 'embedded' }, null, null])
    expect(Object.keys(await manager.latestKwargs())).toEqual(['go'])
  })

  it('that is made but neither thrown nor returned fails the instance', async () => {
    const { outcomes } = await run(({ skip }) => void skip())

    expect(await outcomes()).toEqual([['t_task#0', 'failed', 'RequestNotThrown']])
  })
})

describe('a task that never ends', () => {
  it('fails when its time limit has passed, with its signal aborted and the level it had logged', async () => {
    let signal: AbortSignal | undefined
    const body: TaskBody = async (context) => {
      signal = context.signal as AbortSignal
      await context.withLogger({}, (logger) => logger.warn('Slow.'))
      return new Promise(() => undefined)
    }

    const { clock, manager, outcomes } = await run(body, { timeLimit: '5s' })
    await clock.advance(4_999)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)

    expect(await outcomes()).toEqual([['t_task#0', 'failed', 'TimeLimitExceeded']])
    expect([signal?.aborted, (await manager.instance('t_task#0')).logLevelName]).toEqual([true, 'WARNING'])
  })

  it('can be cancelled, which aborts its signal', async () => {
    let signal: AbortSignal | undefined
    const { clock, manager, outcomes } = await run((context) => {
      signal = context.signal as AbortSignal
      return new Promise(() => undefined)
    })

    const answer = await manager.cancelInstance('t_task#0')
    await clock.advance(0)

    expect(answer).toEqual({ instance: 't_task#0', cancelled: true })
    expect([signal?.aborted, await outcomes()]).toEqual([true, [['t_task#0', 'failed', 'Cancelled']]])
  })

  it('cannot change the session once it was given up', async () => {
    let context: TaskContext | undefined
    const { clock, manager } = await run((given) => {
      context = given
      return new Promise(() => undefined)
    })

    await manager.cancelInstance('t_task#0')
    await clock.advance(0)

    await expect(context?.manager.fire('late')).rejects.toMatchObject({ code: 'StaleExecutionError' })
    expect(Object.keys(await manager.latestKwargs())).toEqual(['go'])
  })
})
