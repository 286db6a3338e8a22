import { isTriggerkitError } from '@triggerkit/contracts'
import type { ErrorCode, StandardSchema, TriggerkitError } from '@triggerkit/contracts'
import { defineWorkflow } from '@triggerkit/config'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, defineTasks, TriggerManager } from './index.js'
import type { TriggersOptions } from './index.js'

/** A schema as somebody writes it by hand: whatever the function makes of a value. */
function byHand(validate: StandardSchema<object>['~standard']['validate']): StandardSchema<object> {
  return { '~standard': { version: 1, vendor: 'by-hand', validate } }
}

const workflow = defineWorkflow({
  triggers: {
    pageReceived: z.object({ number: z.number(), answers: z.array(z.object({ text: z.string() })), locale: z.string().default('en') }),
    photoUploaded: v.object({ url: v.pipe(v.string(), v.url()), width: v.optional(v.number(), 100) }),
    scored: byHand((value) => {
      const { score } = value as { score?: unknown }
      if (typeof score === 'string') return { value: { score: Number(score) } }
      return { issues: [{ message: 'must be a text', path: [{ key: 'score' }] }, { message: 'must be known' }] }
    }),
    dated: z.object({ at: z.string().transform((text) => new Date(text)) }),
    t_import: z.object({ id: z.string().transform(Number) }),
    broken: byHand(() => {
      throw new RangeError('No.')
    }),
    slow: byHand(() => Promise.reject(new Error('later'))),
    mute: byHand(() => undefined as never),
    none: { type: 'object' } as never,
    closed: null,
  },
  tasks: {
    t_import: { after: ['pageReceived'], run: 'app.import' },
    t_notify: { after: ['t_import'], run: 'app.notify' },
  },
})

const id = (given: unknown) => given as { id: string }
const quiet = () => defineTasks(workflow, { 'app.import': () => ({ id: '7' }), 'app.notify': () => undefined })

function application(options: Partial<TriggersOptions<typeof workflow>> = {}) {
  return createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger: new RecordingLogger(), workflow, tasks: quiet(), ...options })
}

async function refusalOf(run: Promise<unknown>, code: ErrorCode): Promise<TriggerkitError> {
  const error: unknown = await run.then(
    () => 'nothing was refused',
    (thrown: unknown) => thrown,
  )
  if (isTriggerkitError(error, code)) return error
  throw new Error(`Expected ${code}.`, { cause: error })
}

const page = { number: 3, answers: [{ text: 'yes' }] }

describe('a workflow', () => {
  it('is the default configuration of its application', async () => {
    const triggers = application()

    const { created } = await triggers.manager('session').fire('pageReceived', page)

    expect(created).toEqual(['t_import#0'])
    expect((await triggers.session('session').tasks()).map(({ name }) => name)).toEqual(['t_import', 't_notify'])
  })

  it('gives way to the configuration of a manager class', async () => {
    class Own extends TriggerManager {
      static override readonly configuration = { t_own: { after: ['closed'], run: 'app.notify' } }
    }

    const { created } = await application({ managers: { own: Own }, manager: 'own' }).manager('session').fire('closed')

    expect(created).toEqual(['t_own#0'])
  })

  it('leaves no room for another default configuration', () => {
    expect(() => application({ configuration: {} })).toThrow(expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining('workflow') }))
  })

  it('is frozen, and the schemas are not', () => {
    expect([workflow, workflow.triggers, workflow.tasks].every(Object.isFrozen)).toBe(true)
    expect(Object.isFrozen(workflow.triggers.pageReceived)).toBe(false)
  })
})

describe('firing in a typed application', () => {
  it.each([
    ['zod', 'pageReceived', page, { ...page, locale: 'en' }],
    ['valibot', 'photoUploaded', { url: 'https://a.example/b.png' }, { url: 'https://a.example/b.png', width: 100 }],
    ['a schema by hand', 'scored', { score: '3' }, { score: 3 }],
    ['a result schema', 't_import', { id: '7' }, { id: 7 }],
    ['no schema', 'closed', { any: [1] }, { any: [1] }],
  ] as const)('records what comes out of %s', async (_schema, trigger, kwargs, recorded) => {
    const manager = application().manager('session')

    await manager.fire(trigger, kwargs as never)

    expect(await manager.latestKwargs()).toEqual({ [trigger]: recorded })
  })

  it('refuses kwargs with all faults and their paths, and records nothing', async () => {
    const manager = application().manager('session')

    const error = await refusalOf(manager.fire('pageReceived', { number: '3', answers: [{ text: 'yes' }, {}] } as never, { id: 'once' }), 'InvalidKwargs')

    expect(error.message).toContain('"pageReceived"')
    expect(error.details).toMatchObject({ trigger: 'pageReceived' })
    expect(error.message).toMatch(/\n {2}kwargs\.number: .+\n {2}kwargs\.answers\.1\.text: /)
    expect(error.details['faults']).toHaveLength(2)
    await manager.fire('closed')
    expect(await manager.latestKwargs()).toEqual({ closed: {} })
    expect(await manager.fire('pageReceived', page, { id: 'once' })).toMatchObject({ duplicate: false })
  })

  it('takes absent kwargs for empty ones', async () => {
    expect((await refusalOf(application().manager('session').fire('scored', undefined as never), 'InvalidKwargs')).message).toContain(
      '\n  kwargs.score: must be a text\n  kwargs: must be known',
    )
  })

  it('checks kwargs before it looks whether the id is known', async () => {
    const manager = application().manager('session')
    await manager.fire('pageReceived', page, { id: 'once' })

    expect(await manager.fire('pageReceived', page, { id: 'once' })).toMatchObject({ duplicate: true })
    await refusalOf(manager.fire('pageReceived', {} as never, { id: 'once' }), 'InvalidKwargs')
  })

  it('lets triggers pass that it does not know, as administrators may add some', async () => {
    const manager = application().manager('session')

    for (const trigger of ['added', 'constructor', '__proto__', 'toString']) await manager.fire(trigger as never, { free: true } as never)

    expect(Object.keys(await manager.latestKwargs()).sort()).toEqual(['__proto__', 'added', 'constructor', 'toString'])
  })

  it('refuses what is no JSON any more, and says where it belongs', async () => {
    const error = await refusalOf(application().manager('session').fire('dated', { at: '2000-01-01' }), 'InvalidPayload')

    expect(error.message).toMatch(/kwargs\.at: a Date is not JSON.*"dated".*filterKwargs/)
    expect(error.details).toEqual({ path: 'kwargs.at' })
  })

  it.each([
    ['broken', 'threw an error', RangeError],
    ['slow', 'synchronous', undefined],
    ['mute', 'threw an error', TypeError],
    ['none', 'not a Standard Schema', undefined],
  ] as const)('refuses to use the schema that is %s', async (trigger, message, cause) => {
    const error = await refusalOf(application().manager('session').fire(trigger, {}), 'InvalidArgument')

    expect(error.message).toContain(`"${trigger}"`)
    expect(error.message).toContain(message)
    if (cause === undefined) expect(error.cause).toBeUndefined()
    else expect(error.cause).toBeInstanceOf(cause)
  })

  it('checks what a transaction fires, which may go on after a refusal', async () => {
    const manager = application().manager('session')

    await refusalOf(manager.transaction((transaction) => transaction.fire('pageReceived', {} as never)), 'InvalidKwargs')
    await manager.transaction((transaction) => {
      expect(() => transaction.fire('scored', {})).toThrow(expect.objectContaining({ code: 'InvalidKwargs' }))
      transaction.fire('scored', { score: '4' })
    })

    expect(await manager.latestKwargs()).toEqual({ scored: { score: 4 } })
  })

  it('checks what a task fires', async () => {
    const refusals: TriggerkitError[] = []
    const tasks = defineTasks(workflow, {
      'app.import': async ({ manager }) => {
        refusals.push(await refusalOf(manager.fire('scored', {}), 'InvalidKwargs'))
        await manager.fire('scored', { score: '5' })
        return { id: '7' }
      },
      'app.notify': () => undefined,
    })
    await using triggers = application({ tasks })
    await triggers.start()

    await triggers.manager('session').fire('pageReceived', page)
    await triggers.idle()

    expect(refusals).toHaveLength(1)
    expect((await triggers.session('session').latestKwargs())['scored']).toEqual({ score: 5 })
  })
})

describe('the tasks of a workflow', () => {
  async function run(body: () => unknown) {
    const seen: unknown[] = []
    const tasks = defineTasks(workflow, {
      'app.import': async () => id(await body()),
      'app.notify': [{ timeLimit: '1m' }, ({ triggerKwargs }) => void seen.push(triggerKwargs.t_import)],
    })
    await using triggers = application({ tasks })
    await triggers.start()
    await triggers.manager('session').fire('pageReceived', page)
    await triggers.idle()
    return { seen, tasks, instance: await triggers.session('session').instance('t_import#0') }
  }

  it('keep and cascade what comes out of the result schema', async () => {
    const { seen, instance } = await run(() => ({ id: '7' }))

    expect(instance).toMatchObject({ status: 'finished', result: { id: 7 } })
    expect(seen).toEqual([{ id: 7 }])
  })

  it.each([{ id: 7 }, undefined, null])('fail with a result that the schema refuses: %j', async (result) => {
    const { seen, instance } = await run(() => result)

    expect(instance).toMatchObject({ status: 'failed', error: { code: 'InvalidResult', context: { task: 't_import' } } })
    expect(instance.error?.message).toContain('\n  result.id: ')
    expect(seen).toEqual([])
  })

  it('are not retried for a result that the schema refuses: nothing was thrown', async () => {
    const tasks = defineTasks(workflow, { 'app.import': [{ retry: { delay: 0 } }, () => id({ id: 7 })], 'app.notify': () => undefined })
    await using triggers = application({ tasks })
    await triggers.start()

    await triggers.manager('session').fire('pageReceived', page)
    await triggers.idle()

    const instances = await triggers.session('session').instancesOfTask('t_import')
    expect(instances.map(({ status, error }) => [status, error?.code])).toEqual([['failed', 'InvalidResult']])
  })

  it('are told of a request that was not thrown, whatever the schema has against the result', async () => {
    const tasks = defineTasks(workflow, { 'app.import': ({ retry }) => id(void retry()), 'app.notify': () => undefined })
    await using triggers = application({ tasks })
    await triggers.start()

    await triggers.manager('session').fire('pageReceived', page)
    await triggers.idle()

    expect((await triggers.session('session').instance('t_import#0')).error?.code).toBe('RequestNotThrown')
  })

  it('take options before the body', async () => {
    const { tasks } = await run(() => ({ id: '7' }))

    expect(tasks.map(({ name, timeLimit }) => [name, timeLimit])).toEqual([
      ['app.import', null],
      ['app.notify', 60_000],
    ])
  })

  it('may be retried and skipped, whether they throw or return that', async () => {
    const tasks = defineTasks(workflow, { 'app.import': (context) => id(context.skip({ why: 'not now' })), 'app.notify': () => undefined })
    await using triggers = application({ tasks })
    await triggers.start()

    await triggers.manager('session').fire('pageReceived', page)
    await triggers.idle()

    expect(await triggers.session('session').instance('t_import#0')).toMatchObject({ status: 'skipped' })
  })

  it('are refused without a body', () => {
    expect(() => defineTasks(workflow, { 'app.import': undefined, 'app.notify': [{}] } as never)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  })

  it('return what they like where an administrator gives another task their function', async () => {
    await using triggers = application({ tasks: defineTasks(workflow, { 'app.import': () => id({ id: 1 }), 'app.notify': () => undefined }) })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_added: { after: ['closed'], run: 'app.import' } })

    await manager.fire('closed')
    await triggers.idle()

    expect(await manager.instance('t_added#0')).toMatchObject({ status: 'finished', result: { id: 1 } })
  })
})
