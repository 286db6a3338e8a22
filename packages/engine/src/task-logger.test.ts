import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, defineTask, TriggerManager, withContext } from './index.js'
import type { InstanceView, TaskBody, TriggersOptions } from './index.js'

interface Logged {
  readonly instance: InstanceView
  readonly logger: RecordingLogger
}

/** Runs a body once as `t_task#0`. */
async function runOnce(body: TaskBody, options: Partial<TriggersOptions> = {}): Promise<Logged> {
  const logger = new RecordingLogger()
  await using triggers = createTriggers({
    storage: memoryStorage(),
    runners: { inline: inlineRunner() },
    logger,
    tasks: [defineTask('app.task', body)],
    ...options,
  })
  await triggers.start()
  const manager = triggers.manager('session')
  await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
  await manager.fire('go')
  await triggers.idle()
  return { instance: await manager.instance('t_task#0'), logger }
}

describe('withLogger', () => {
  it('gives what its body gives', async () => {
    const { instance } = await runOnce((context) => context.withLogger({}, () => ({ from: 'body' })))

    expect(instance.result).toEqual({ from: 'body' })
  })

  it("attaches its variables and the message's, which win, and names session and instance", async () => {
    const { logger } = await runOnce((context) =>
      context.withLogger({ version: 1, page: 'all' }, (own) => {
        own.info('Reading.', { page: 3 })
        own.debug('Done.')
      }),
    )

    expect(logger.messages).toEqual([
      { method: 'info', message: 'Reading.', meta: { uid: 'session', instance: 't_task#0', version: 1, page: 3 } },
      { method: 'debug', message: 'Done.', meta: { uid: 'session', instance: 't_task#0', version: 1, page: 'all' } },
    ])
  })

  it('logs an error that leaves it at ERROR, with its context, and raises the level of the instance', async () => {
    const { instance, logger } = await runOnce((context) =>
      context.withLogger({ version: 1 }, () => {
        throw withContext(new RangeError('Spam.', { cause: new Error('Score.') }), { score: 9 })
      }),
    )

    expect(logger.messages).toMatchObject([
      {
        method: 'error',
        message: 'RangeError: Spam.',
        meta: { version: 1, score: 9, error: { type: 'RangeError', causes: [{ message: 'Score.' }] } },
      },
    ])
    expect([instance.status, instance.logLevelName, instance.error?.context]).toEqual(['failed', 'ERROR', { score: 9 }])
  })

  it('does not log an error thrown outside it', async () => {
    const { instance, logger } = await runOnce(async (context) => {
      await context.withLogger({}, (own) => own.info('Fine.'))
      throw new Error('Outside.')
    })

    expect(logger.messages.map(({ method }) => method)).toEqual(['info'])
    expect([instance.status, instance.logLevel, instance.logLevelName]).toEqual(['failed', 20, 'INFO'])
  })

  it('shares one highest level between several scopes', async () => {
    const { instance } = await runOnce(async (context) => {
      await context.withLogger({}, (own) => own.warn('Careful.'))
      await context.withLogger({}, (own) => own.info('Fine.'))
    })

    expect([instance.status, instance.logLevelName]).toEqual(['finished', 'WARNING'])
  })

  it.each(['retry', 'skip'] as const)('does not take a %s that is thrown in it for an error', async (request) => {
    const { instance, logger } = await runOnce((context) =>
      context.withLogger({}, (own) => {
        own.warn('Careful.')
        if (context.depth === 0) throw context[request]()
      }),
    )

    expect(logger.messages.some(({ method }) => method === 'error')).toBe(false)
    expect([instance.status, instance.logLevelName]).toEqual([request === 'retry' ? 'replayed' : 'skipped', 'NOTSET'])
  })

  it('logs that the retries are used up', async () => {
    const task = defineTask('app.task', { maxRetries: 0 }, (context) =>
      context.withLogger({}, () => {
        throw context.retry()
      }),
    )

    const { logger, instance } = await runOnce(() => undefined, { tasks: [task] })

    expect([instance.error?.code, instance.logLevelName, logger.messages.length]).toEqual(['MaxRetriesExceeded', 'ERROR', 1])
  })

  it('takes circular objects, and texts that are none', async () => {
    const circular: Record<string, unknown> = { name: 'ring' }
    circular['self'] = circular

    const { logger, instance } = await runOnce((context) =>
      context.withLogger({ circular }, (own) => own.warn(Symbol('odd') as never, { big: 1n })),
    )

    expect(instance.status).toBe('finished')
    expect(logger.messages[0]).toMatchObject({ message: 'Symbol(odd)', meta: { circular: { name: 'ring', self: '[circular]' }, big: '1' } })
  })

  it.each([
    ['throws', (): never => { throw new Error('disk full') }],
    // The test framework reports a rejection that nobody handles.
    ['rejects', (): unknown => Promise.reject(new Error('disk full'))],
  ])("leaves a task alone when the application's logger %s", async (_what, broken) => {
    const { instance } = await runOnce((context) => context.withLogger({}, (own) => own.warn('Careful.')), {
      logger: { debug: broken, info: broken, warn: broken, error: broken },
    })

    expect([instance.status, instance.logLevelName]).toEqual(['finished', 'WARNING'])
  })
})

describe('the log level of an instance', () => {
  it('is not set until the instance has finished or failed', async () => {
    const levels: string[] = []
    const { instance } = await runOnce(async (context) => {
      await context.withLogger({}, (own) => own.error('Bad.'))
      levels.push(context.logLevelName, (await context.manager.instance(context.instance)).logLevelName)
    })

    expect([...levels, instance.logLevelName]).toEqual(['ERROR', 'NOTSET', 'ERROR'])
  })

  it('wants attention from ERROR on, until the logs are marked as resolved', async () => {
    const logger = new RecordingLogger()
    const tasks = [
      defineTask('app.error', (context) => context.withLogger({}, (own) => own.error('Bad.'))),
      defineTask('app.warning', (context) => context.withLogger({}, (own) => own.warn('Hm.'))),
    ]
    await using triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger, tasks })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_error: { after: ['go'], run: 'app.error' }, t_warning: { after: ['go'], run: 'app.warning' } })
    await manager.fire('go')
    await triggers.idle()

    const before = await manager.instancesWithUnresolvedLogs()
    await manager.markInstanceLogsResolved('t_error#0')
    const after = await manager.instancesWithUnresolvedLogs()

    expect(before.map(({ name, logsResolved, logsRelevant }) => [name, logsResolved, logsRelevant])).toEqual([['t_error#0', false, true]])
    expect(after).toEqual([])
    expect((await manager.instance('t_warning#0')).logsResolved).toBe(true)
  })

  it.each([
    ['WARNING', ['t_warning#0']],
    ['NOTSET', ['t_debug#0', 't_warning#0']],
  ] as const)('wants attention from another level on if the manager class says so: %s', async (unresolvedLogLevel, expected) => {
    class Strict extends TriggerManager {
      static override readonly unresolvedLogLevel = unresolvedLogLevel
    }
    const logger = new RecordingLogger()
    const tasks = [
      defineTask('app.nothing', () => undefined),
      defineTask('app.debug', (context) => context.withLogger({}, (own) => own.debug('So.'))),
      defineTask('app.warning', (context) => context.withLogger({}, (own) => own.warn('Hm.'))),
    ]
    await using triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger, tasks, managers: { strict: Strict }, manager: 'strict' })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration(Object.fromEntries(['nothing', 'debug', 'warning'].map((name) => [`t_${name}`, { after: ['go'], run: `app.${name}` }])))
    await manager.fire('go')
    await triggers.idle()

    const session = triggers.session('session')
    expect((await session.instancesWithUnresolvedLogs()).map(({ name }) => name)).toEqual(expected)
    expect((await session.instances()).filter(({ logsResolved }) => !logsResolved).map(({ name }) => name)).toEqual(expected)
  })

  it('matters no longer once the instance is skipped, but stays', async () => {
    const logger = new RecordingLogger()
    const tasks = [defineTask('app.task', (context) => context.withLogger({}, () => Promise.reject(new Error('Bad.'))))]
    await using triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger, tasks })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    await manager.fire('go')
    await triggers.idle()

    await manager.skipFailedInstance('t_task#0')

    const { logLevelName, logsRelevant, logsResolved } = await manager.instance('t_task#0')
    expect([logLevelName, logsRelevant, logsResolved]).toEqual(['ERROR', false, true])
    expect(await manager.instancesWithUnresolvedLogs()).toEqual([])
  })
})
