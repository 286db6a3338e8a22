import type { JsonObject } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, defineTask, TriggerManager } from './index.js'
import type { Triggers, TriggersOptions } from './index.js'

const tasks = [defineTask('app.pass', ({ triggerKwargs }) => ({ got: triggerKwargs }))]

function application(options: Partial<TriggersOptions> = {}): Triggers {
  return createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger: new RecordingLogger(), tasks, ...options })
}

function circular(): JsonObject {
  const ring: Record<string, unknown> = {}
  ring['inner'] = { ring }
  return ring as JsonObject
}

const NOT_JSON: readonly (readonly [string, unknown, string])[] = [
  ['a Date', { responses: { birthday: new Date(0) } }, 'responses.birthday'],
  ['a Map', { responses: new Map() }, 'responses'],
  ['a Set', { responses: [new Set()] }, 'responses[0]'],
  ['NaN', { score: NaN }, 'score'],
  ['Infinity', { score: Infinity }, 'score'],
  ['a bigint', { id: 1n }, 'id'],
  ['a function', { run: () => 1 }, 'run'],
  ['a symbol', { mark: Symbol('x') }, 'mark'],
  ['undefined in a list', { list: [1, undefined] }, 'list[1]'],
  ['a class instance', { error: new RangeError('x') }, 'error'],
  ['a cycle', circular(), 'inner.ring'],
]

describe('a payload that is not JSON', () => {
  it.each(NOT_JSON)('is refused with the path to %s, and nothing is changed', async (_what, value, path) => {
    const manager = application().manager('session')
    await manager.updateConfiguration({ t_task: { after: ['never'], run: 'app.pass' } })
    const { instance } = await manager.createInstance('t_task', { status: 'failed' })
    const { version } = await manager.metadata()
    const payload = value as JsonObject
    const commands: Record<string, () => Promise<unknown>> = {
      kwargs: () => manager.fire('go', payload),
      replacementKwargs: () => manager.replayFailedInstance(instance, payload),
      result: () => manager.skipFailedInstance(instance, { result: payload }),
      cascadeKwargs: () => manager.updateInstanceStatus(instance, 'failed', { cascadeKwargs: payload }),
      metadata: () => manager.updateInstanceMetadata(instance, payload),
    }

    for (const [root, command] of Object.entries(commands)) {
      await expect(command()).rejects.toMatchObject({ code: 'InvalidPayload', message: expect.stringContaining(`${root}.${path}: `) })
    }

    expect((await manager.metadata()).version).toBe(version)
  })

  it.each([['a text', 'text'], ['a list', []], ['a number', 7]])('is refused where it is %s instead of an object', async (_what, value) => {
    await expect(application().manager('session').fire('go', value as never)).rejects.toMatchObject({ code: 'InvalidPayload' })
  })

  it('never shows in the error', async () => {
    const error = await application().manager('session').fire('go', { secret: 'hush', at: new Date() } as never).catch((thrown: Error) => thrown)

    expect(JSON.stringify([(error as Error).message, (error as { details?: unknown }).details])).not.toContain('hush')
  })
})

describe('a payload over the limit', () => {
  it.each([
    ['fire', (manager: TriggerManager, payload: JsonObject) => manager.fire('go', payload)],
    ['updateInstanceMetadata', (manager: TriggerManager, payload: JsonObject) => manager.updateInstanceMetadata('t_task#0', payload)],
    ['createInstance', (manager: TriggerManager, payload: JsonObject) => manager.createInstance('t_task', { kwargs: payload })],
  ])('is refused by %s', async (_name, command) => {
    const manager = application({ maxPayloadBytes: 1_000 }).manager('session')

    await expect(command(manager, { text: 'x'.repeat(1_000) })).rejects.toMatchObject({ code: 'PayloadTooLarge' })
    expect((await manager.metadata()).version).toBe(0)
  })

  it('fails a task that returns it, or replaces its kwargs by it', async () => {
    const large = { text: 'x'.repeat(1_000) }
    const own = [
      defineTask('app.large', () => large),
      defineTask('app.retry', (context) => Promise.reject(context.retry({ replacementKwargs: { go: large } }))),
    ]
    const triggers = application({ maxPayloadBytes: 1_000, tasks: own })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_large: { after: ['go'], run: 'app.large' }, t_retry: { after: ['go'], run: 'app.retry' } })
    await manager.fire('go')
    await triggers.idle()

    expect((await manager.instances()).map(({ name, status, error }) => [name, status, error?.code])).toEqual([
      ['t_large#0', 'failed', 'PayloadTooLarge'],
      ['t_retry#0', 'failed', 'PayloadTooLarge'],
    ])
  })
})

describe('names', () => {
  it.each([['empty', ''], ['no text', 7], ['missing', undefined], ['too long', 'x'.repeat(5_000)], ['half a character', '\ud800']])(
    'that are %s are refused by kind',
    async (_what, name) => {
      const triggers = application()
      const manager = triggers.manager('session')

      expect(() => triggers.manager(name as string)).toThrow(expect.objectContaining({ code: 'InvalidName', message: expect.stringContaining('uid') }))
      expect(() => triggers.session(name as string)).toThrow(expect.objectContaining({ code: 'InvalidName' }))
      await expect(manager.fire(name as string)).rejects.toMatchObject({ code: 'InvalidName', message: expect.stringContaining('trigger') })
      await expect(manager.fire('go', {}, { id: (name ?? 7) as string })).rejects.toMatchObject({ code: 'InvalidName' })
      await expect(manager.createInstance(name as string)).rejects.toMatchObject({ code: 'InvalidName', message: expect.stringContaining('task') })
    },
  )

  it.each(['applicant:42', 'a b', 'ä/ö#0', '__proto__', 'constructor', '42', '.'])('of any other kind do for a session: %s', async (uid) => {
    const triggers = application()

    await triggers.manager(uid).fire('go')

    expect((await triggers.session(uid).metadata()).firedTriggers).toEqual(['go'])
    expect((await triggers.sessions()).uids).toEqual([uid])
  })

  it.each(['__proto__', 'constructor', 'toString', '7', 'a#0', 'ä ö', 'then'])('of any kind do for triggers, tasks and members: %s', async (name) => {
    const triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    const member = (value: unknown): JsonObject => Object.fromEntries([[name, value]]) as JsonObject

    await manager.updateConfiguration([[name, { after: [`${name}!`], run: 'app.pass', withParams: member({ fixed: member(1) }), ...(name === '7' ? {} : { extra: member(2) }) }]])
    await manager.fire(`${name}!`, member({ from: 'fire' }))
    await triggers.idle()
    await manager.updateInstanceMetadata(`${name}#0`, member('note'))
    await manager.fire(name, member('again'))

    const view = await manager.instance(`${name}#0`)
    expect(view.status).toBe('finished')
    expect(Object.entries(view.metadata)).toEqual([[name, 'note']])
    expect(Object.entries(view.kwargs)).toEqual([[`${name}!`, member({ from: 'fire' })]])
    expect(Object.entries(view.actualKwargs ?? {})).toEqual([[name, { fixed: member(1) }], [`${name}!`, member({ from: 'fire' })]])
    expect(Object.entries(view.result as JsonObject)).toEqual([['got', view.actualKwargs]])
    expect(Object.entries(await manager.latestKwargs())).toContainEqual([name, member('again')])
    expect(Object.keys((await manager.debugView()).tasks)).toEqual([name])
    expect(({} as Record<string, unknown>)['fixed']).toBe(undefined)
  })

  it('of the prototype merge with withParams as plain members at every depth', async () => {
    const triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    const parse = (text: string): JsonObject => JSON.parse(text) as JsonObject

    await manager.updateConfiguration(parse('{"t_task":{"after":["__proto__"],"run":"app.pass","withParams":{"__proto__":{"__proto__":{"below":1},"constructor":{"prototype":{"below":1}}}}}}'))
    await manager.fire('__proto__', parse('{"__proto__":{"above":2},"constructor":{"prototype":{"above":2}}}'))
    await triggers.idle()

    expect(JSON.stringify((await manager.instance('t_task#0')).actualKwargs)).toBe(
      '{"__proto__":{"__proto__":{"below":1,"above":2},"constructor":{"prototype":{"below":1,"above":2}}}}',
    )
    expect([({} as Record<string, unknown>)['below'], ({} as Record<string, unknown>)['above']]).toEqual([undefined, undefined])
  })

  it('that look like integers keep their order in a list, and get a warning in an object', async () => {
    const logger = new RecordingLogger()
    const manager = application({ logger }).manager('session')

    await manager.updateConfiguration([['9', { after: ['1'], run: 'app.pass' }], ['3', { after: ['1'], run: 'app.pass' }]])
    expect((await manager.fire('1')).scheduled).toEqual(['9#0', '3#0'])
    expect(logger.alarms).toEqual([])

    await manager.updateConfiguration({ 5: { after: ['1'], run: 'app.pass' } })
    expect(logger.alarms).toEqual([expect.stringMatching(/5.*order/)])
  })
})

describe('a configuration', () => {
  it('that is wrong is refused whole, every fault listed with its path', async () => {
    const manager = application().manager('session')

    const refused = manager.updateConfiguration({
      t_fine: { after: ['go'], run: 'app.pass' },
      t_one: { run: 'app.pass' },
      t_two: { after: ['go', 7], run: '', andEvery: [] },
    })

    await expect(refused).rejects.toMatchObject({ code: 'InvalidConfiguration', message: expect.stringMatching(/t_one\.after[^]*t_two\.after\[1\][^]*t_two\.andEvery/) })
    expect(await manager.tasks()).toEqual([])
  })

  it('may hold what is odd but legal, with warnings at the most', async () => {
    const logger = new RecordingLogger()
    const manager = application({ logger }).manager('session')

    await manager.updateConfiguration({
      t_odd: { after: new Set(['b', 'a', 'b']), unless: null, andEvery: null, using: null, withParams: { go: 7 }, run: 'app.unknown', andEvry: 'x' },
      t_empty: { after: [], run: 'app.pass' },
    })

    expect((await manager.task('t_odd')).configuration).toMatchObject({ after: ['b', 'a'], unless: [], andEvery: null, using: null, extras: { andEvry: 'x' } })
    expect(logger.alarms).toHaveLength(2)
  })

  it('of 10,000 tasks leaves a fire as cheap as it was', async () => {
    const storage = memoryStorage()
    const touched: number[] = []
    const commit = storage.commit.bind(storage)
    storage.commit = async (uid, change) => {
      touched.push(change.working.put.size + change.working.remove.length + change.archive.put.size + change.archive.remove.length)
      return commit(uid, change)
    }
    const [small, large] = ['small', 'large'].map((uid) => application({ storage }).manager(uid)) as [TriggerManager, TriggerManager]
    const entries = Array.from({ length: 10_000 }, (_, index) => [`t_${index}`, { after: [`go${index}`], run: 'app.pass' }] as const)

    await small.updateConfiguration(entries.slice(0, 1))
    await large.updateConfiguration(entries)
    touched.length = 0
    await small.fire('go0')
    const { created } = await large.fire('go0')

    expect(created).toEqual(['t_0#0'])
    expect(touched).toEqual([touched[0], touched[0]])
    expect(touched[0]).toBeLessThan(6)
  })
})

describe('reactions', () => {
  it('without end are stopped, and nothing is committed', async () => {
    class Endless extends TriggerManager {
      static override readonly react = () => [{ type: 'fire', trigger: 'again', kwargs: {} } as const]
    }
    const manager = application({ managers: { endless: Endless }, manager: 'endless' }).manager('session')

    await expect(manager.fire('go')).rejects.toMatchObject({ code: 'ReactionLoop' })
    expect((await manager.metadata()).exists).toBe(false)
  })

  it.each([
    ['a kwarg that is no JSON', () => [{ type: 'fire', trigger: 'next', kwargs: { when: new Date(0) } }], 'InvalidPayload', 'react[0].kwargs.when'],
    ['too large a payload', () => [{ type: 'fire', trigger: 'next', kwargs: { text: 'x'.repeat(2_000_000) } }], 'PayloadTooLarge', 'react[0]'],
    ['a trigger without a name', () => [{ type: 'fire', trigger: '', kwargs: {} }], 'InvalidName', 'trigger'],
    ['a promise', () => Promise.reject(new Error('late')), 'InvalidArgument', 'without waiting'],
  ])('that answer with %s refuse the command', async (_what, react, code, words) => {
    class Careless extends TriggerManager {
      static override readonly react = react as never
    }
    const manager = application({ managers: { careless: Careless }, manager: 'careless' }).manager('session')

    const error = await manager.fire('go').catch((error: unknown) => error)

    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect((await manager.metadata()).exists).toBe(false)
  })

  it('that throw refuse the command with their error', async () => {
    class Broken extends TriggerManager {
      static override readonly react = (): never => {
        throw new RangeError('broken')
      }
    }
    const manager = application({ managers: { broken: Broken }, manager: 'broken' }).manager('session')

    await expect(manager.fire('go')).rejects.toThrow('broken')
    expect((await manager.metadata()).exists).toBe(false)
  })
})

describe('an unknown task function', () => {
  it('is refused at scheduling by a process that executes, and mended by configuring anew', async () => {
    const triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.pas' } })

    await expect(manager.fire('go', { a: 1 })).rejects.toMatchObject({
      code: 'SchedulingRefused',
      details: { reason: 'UnknownTaskFunction', committed: true, instance: 't_task#0' },
    })
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.pass' } })
    await manager.fire('go', { a: 2 })
    await triggers.idle()

    expect(await manager.instance('t_task#0')).toMatchObject({ status: 'finished', kwargs: { go: { a: 1 } } })
  })
})
