import type { Invoke, JsonValue, Runner, TaskOutcome, TaskPort } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, defineTask } from './index.js'
import type { TaskBody, TaskOptions, TriggerManager, Triggers } from './index.js'

const copy = <TValue>(value: TValue): TValue => JSON.parse(JSON.stringify(value)) as TValue

/** Runs task functions as a worker would: nothing but JSON goes over and comes back, calls and log entries included. */
function elsewhere(body: TaskBody, options: TaskOptions): Invoke {
  const task = defineTask('app.task', options, body)
  return async (call, signal, port) => {
    const wire: TaskPort = {
      call: async (method, args) => copy((await port.call(method, copy(args as JsonValue[]))) ?? null),
      log: (entry) => port.log(copy(entry)),
    }
    return copy(await task.perform(copy(call), signal, wire)) as TaskOutcome
  }
}

interface Remote {
  readonly triggers: Triggers
  readonly manager: TriggerManager
  readonly logger: RecordingLogger
}

/** Fires `go` for a task whose body runs elsewhere; the engine itself has no such function. */
async function run(body: TaskBody, options: TaskOptions = {}, invoke: Invoke = elsewhere(body, options)): Promise<Remote> {
  const runner: Runner = inlineRunner()
  const start = runner.start.bind(runner)
  runner.accepts = () => 'unknown'
  runner.start = (host) => start({ ...host, execute: (job) => host.execute(job, invoke) })
  const logger = new RecordingLogger()
  const triggers = createTriggers({ storage: memoryStorage(), runners: { inline: runner }, logger })
  await triggers.start()
  const manager = triggers.manager('session')
  await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task', withParams: { go: { p: 1 } }, colour: 'red' } })
  await manager.fire('go', { a: 1 })
  await triggers.idle()
  return { triggers, manager, logger }
}

describe('a task that runs elsewhere', () => {
  it('gets the same context, and its result counts', async () => {
    const { manager } = await run(({ uid, instance, triggerKwargs, extras, depth, attempt, managerKey, storageKey }) => {
      return { uid, instance, triggerKwargs, extras, depth, attempt, managerKey, storageKey }
    })

    expect((await manager.instance('t_task#0')).result).toEqual({
      uid: 'session',
      instance: 't_task#0',
      triggerKwargs: { go: { p: 1, a: 1 } },
      extras: { colour: 'red' },
      depth: 0,
      attempt: 1,
      managerKey: 'default',
      storageKey: 'memory',
    })
  })

  it('commands and inspects its session through its manager', async () => {
    const { manager } = await run(async (context) => {
      const fired = await context.manager.fire('fired', { by: context.instance })
      await context.manager.updateInstanceMetadata(context.instance, { note: 1 })
      const { metadata } = await context.manager.instance(context.instance)
      const { configuration } = await context.manager.task(context.task)
      return { duplicate: fired.duplicate, metadata, run: configuration.run, uid: context.manager.uid, names: (await context.manager.instances()).map(({ name }) => name) }
    })

    expect((await manager.instance('t_task#0')).result).toEqual({
      duplicate: false,
      metadata: { note: 1 },
      run: 'app.task',
      uid: 'session',
      names: ['t_task#0'],
    })
    expect((await manager.latestKwargs())['fired']).toEqual({ by: 't_task#0' })
  })

  it('gets long lists and texts whole', async () => {
    const text = 'x'.repeat(50_000)
    const { manager } = await run(async (context) => {
      await context.manager.updateConfiguration({ t_many: { after: ['never'], andEvery: 'more', run: 'app.task' } })
      for (let count = 0; count < 150; count += 1) await context.manager.fire('more', count === 0 ? { text } : {})
      const instances = await context.manager.instancesOfTask('t_many')
      return { count: instances.length, length: (instances[0]?.kwargs['more'] as { text: string }).text.length }
    })

    expect((await manager.instance('t_task#0')).result).toEqual({ count: 150, length: 50_000 })
  })

  it("gets the manager's errors", async () => {
    const { manager } = await run(async (context) => {
      const code = await context.manager.replayFailedInstance('t_task#7').catch((error: { code?: string }) => error.code)
      return { code }
    })

    expect((await manager.instance('t_task#0')).result).toEqual({ code: 'UnknownInstance' })
  })

  it.each(['transaction', 'hooks', 'postFire', 'subscribe', 'constructor', '__proto__', 'toString'])('cannot call %s of its manager', async (method) => {
    const { manager } = await run(async (context) => {
      await (context.manager as unknown as Record<string, () => Promise<void>>)[method]?.()
    })

    expect((await manager.instance('t_task#0')).error).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining(JSON.stringify(method)) })
  })

  it('returns its manager without its being taken for a promise', async () => {
    const { manager } = await run(async ({ manager: own }) => ({ uid: (await Promise.resolve(own)).uid }))

    expect((await manager.instance('t_task#0')).result).toEqual({ uid: 'session' })
  })

  it('logs, and raises the level of its instance', async () => {
    const { manager, logger } = await run((context) => context.withLogger({ version: 1 }, (own) => own.warn('Careful.', { page: 3 })))

    expect(logger.messages).toEqual([{ method: 'warn', message: 'Careful.', meta: { uid: 'session', instance: 't_task#0', version: 1, page: 3 } }])
    expect((await manager.instance('t_task#0')).logLevelName).toBe('WARNING')
  })

  it('retries, skips and fails', async () => {
    const { manager } = await run(
      ({ depth, retry, skip }) => {
        if (depth === 0) throw retry({ error: new RangeError('Busy.', { cause: 'host' }), metadata: { a: 1 }, replacementKwargs: { go: { a: 2 } } })
        throw depth === 1 ? retry({ metadata: { b: 2 } }) : skip({ c: 3 })
      },
      { maxRetries: 1 },
    )

    const [first, second] = await manager.instances()
    expect(first).toMatchObject({ status: 'replayed', metadata: { a: 1 }, error: { type: 'RangeError', causes: [{ message: 'host' }] } })
    expect(second).toMatchObject({ status: 'failed', metadata: { b: 2 }, kwargs: { go: { a: 2 } }, error: { code: 'MaxRetriesExceeded' } })
  })

  it('fails when its worker breaks off', async () => {
    const { manager } = await run(() => ({ never: 'reached' }), {}, () => Promise.reject(new Error('The worker exited.')))

    expect(await manager.instance('t_task#0')).toMatchObject({ status: 'failed', error: { message: 'The worker exited.' } })
  })
})
