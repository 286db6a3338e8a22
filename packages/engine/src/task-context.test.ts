import { isTriggerkitError } from '@triggerkit/contracts'
import type { Job, JsonObject, StandardSchema, Task } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, defineTask, TriggerManager } from './index.js'
import type { InstanceView, TaskBody, TaskContext, TaskOptions, TriggersOptions } from './index.js'

function application(options: Partial<TriggersOptions> = {}) {
  return createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger: new RecordingLogger(), ...options })
}

/** Runs a body once, as `t_task#0` after `go`, and gives what became of it. */
async function runOnce(body: TaskBody, kwargs: JsonObject = {}, options: TaskOptions & { directives?: JsonObject } = {}): Promise<InstanceView> {
  await using triggers = application({ tasks: [defineTask('app.task', options, body)] })
  await triggers.start()
  const manager = triggers.manager('session')
  await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task', ...options.directives } })
  await manager.fire('go', kwargs)
  await triggers.idle()
  return manager.instance('t_task#0')
}

describe('the context of a task', () => {
  it('names session, instance, task, manager and storage', async () => {
    const seen: Partial<TaskContext>[] = []

    await runOnce(({ uid, instance, task, attempt, depth, managerKey, storageKey }) => {
      seen.push({ uid, instance, task, attempt, depth, managerKey, storageKey })
    })

    expect(seen).toEqual([
      { uid: 'session', instance: 't_task#0', task: 't_task', attempt: 1, depth: 0, managerKey: 'default', storageKey: 'memory' },
    ])
  })

  it('holds the kwargs by trigger with withParams merged under them', async () => {
    const directives = { withParams: { go: { from: 'params', nested: { kept: 1 } }, model: { name: 'Psych 01' } } }
    let received: unknown

    await runOnce(({ triggerKwargs }) => void (received = triggerKwargs), { from: 'fire', nested: { added: 2 } }, { directives })

    expect(received).toEqual({ go: { from: 'fire', nested: { kept: 1, added: 2 } }, model: { name: 'Psych 01' } })
  })

  it('holds the configuration pinned at scheduling, custom directives as extras', async () => {
    const contexts: TaskContext[] = []
    await using triggers = application({ tasks: [defineTask('app.task', (context) => void contexts.push(context))] })
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task', withParams: { go: { v: 1 } }, colour: 'red' } })
    await manager.fire('go')

    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task', withParams: { go: { v: 2 } }, colour: 'blue' } })
    await triggers.start()
    await triggers.idle()

    expect(contexts).toHaveLength(1)
    expect([contexts[0]?.extras, contexts[0]?.configuration.withParams, contexts[0]?.triggerKwargs]).toEqual([
      { colour: 'red' },
      { go: { v: 1 } },
      { go: { v: 1 } },
    ])
  })

  it('lets a task change what it was given without changing anything else', async () => {
    const bodies: unknown[] = []
    const task = defineTask('app.task', ({ triggerKwargs, configuration, extras }) => {
      bodies.push(structuredClone([triggerKwargs, configuration.after, extras]))
      Object.assign(triggerKwargs['fixed'] as object, { spoiled: true })
      ;(configuration.after as string[]).push('spoiled')
      Object.assign(extras['plan'] as object, { spoiled: true })
    })
    await using triggers = application({ tasks: [task] })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: [], andEvery: 'go', run: 'app.task', withParams: { fixed: {} }, plan: {} } })

    await manager.fire('go')
    await triggers.idle()
    await manager.fire('go')
    await triggers.idle()

    expect(bodies[1]).toEqual(bodies[0])
  })

  it('filters kwargs with withParams merged under them, and keeps the faults with the instance', async () => {
    const positive: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'by-hand',
        validate: (value) => ((value as { score?: number }).score === 7 ? { value: { passed: true } } : { issues: [{ message: 'must be 7', path: ['score'] }] }),
      },
    }
    const body: TaskBody = ({ filterKwargs }) => filterKwargs({ model: positive })

    const passed = await runOnce(body, {}, { directives: { withParams: { model: { score: 7 } } } })
    const refused = await runOnce(body, {}, { directives: { withParams: { model: { score: 8 } } } })

    expect(passed.result).toEqual({ go: {}, model: { passed: true } })
    expect(refused.error).toMatchObject({ code: 'InvalidKwargs', context: { faults: [{ path: 'model.score', message: 'must be 7' }] } })
  })

  it("gives the manager class itself, with methods that a subclass adds", async () => {
    class SurveyManager extends TriggerManager {
      async finishPage(page: number): Promise<void> {
        await this.fire('pageFinished', { page })
      }
    }
    const task = defineTask('app.task', async ({ manager }) => (manager as SurveyManager).finishPage(3))
    await using triggers = application({ tasks: [task], managers: { survey: SurveyManager }, manager: 'survey' })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })

    await manager.fire('go')
    await triggers.idle()

    expect((await manager.latestKwargs())['pageFinished']).toEqual({ page: 3 })
    expect((await manager.instance('t_task#0')).status).toBe('finished')
  })

  it('shows the highest level logged so far', async () => {
    const levels: unknown[] = []

    await runOnce(async (context) => {
      levels.push([context.logLevel, context.logLevelName])
      await context.withLogger({}, (logger) => logger.warn('Careful.'))
      levels.push([context.logLevel, context.logLevelName])
    })

    expect(levels).toEqual([
      [0, 'NOTSET'],
      [30, 'WARNING'],
    ])
  })

  it('counts what it descends from as depth', async () => {
    const depths: number[] = []
    const task = defineTask('app.task', ({ depth, retry }) => {
      depths.push(depth)
      if (depth < 2) throw retry()
    })
    await using triggers = application({ tasks: [task] })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })

    await manager.fire('go')
    await triggers.idle()

    expect(depths).toEqual([0, 1, 2])
  })
})

describe('the result of a task', () => {
  it('becomes the kwargs of its cascade', async () => {
    const instance = await runOnce(() => ({ subjectId: 42, left: undefined }))

    expect([instance.status, instance.result]).toEqual(['finished', { subjectId: 42 }])
  })

  it.each([undefined, null, '', 0, false, []])('is an empty object for %j', async (result) => {
    const instance = await runOnce(() => result)

    expect([instance.status, instance.result]).toEqual(['finished', {}])
  })

  it.each([
    ['a text', 'nope', 'string'],
    ['a list', [1], 'list'],
    ['a number', 7, 'number'],
    ['NaN', NaN, 'number'],
    ['a function', () => 1, 'function'],
    ['a bigint', 7n, 'bigint'],
  ])('fails the instance with InvalidResult for %s', async (_what, result, named) => {
    const { status, error, result: stored } = await runOnce(() => result)

    expect([status, error?.code, stored]).toEqual(['failed', 'InvalidResult', null])
    expect(error?.message).toContain(`returned a ${named}`)
  })

  it.each([
    ['a Date', { at: { when: new Date(0) } }, 'result.at.when'],
    ['a Map', new Map(), 'result'],
    ['NaN', { list: [1, NaN] }, 'result.list[1]'],
    ['a bigint', { big: 1n }, 'result.big'],
    ['a function', { run: () => 1 }, 'result.run'],
  ])('fails the instance with the path to %s', async (_what, result, path) => {
    const { status, error } = await runOnce(() => result)

    expect([status, error?.code]).toEqual(['failed', 'InvalidPayload'])
    expect(error?.message).toContain(`${path}: `)
  })

  it('fails the instance with the path to a cycle', async () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular

    expect((await runOnce(() => circular)).error).toMatchObject({ code: 'InvalidPayload', message: expect.stringContaining('result.self: ') })
  })

  it('fails the instance if it is too large', async () => {
    expect((await runOnce(() => ({ text: 'x'.repeat(1_100_000) }))).error?.code).toBe('PayloadTooLarge')
  })

  it('keeps a member called __proto__ as a plain member', async () => {
    const { result } = await runOnce(() => JSON.parse('{"__proto__":{"polluted":true}}') as object)

    expect(Object.entries(result as object)).toEqual([['__proto__', { polluted: true }]])
    expect('polluted' in {}).toBe(false)
  })
})

describe('a task that throws', () => {
  it.each([
    ['a text', 'boom', 'string', 'boom'],
    ['null', null, 'null', 'null'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['a frozen error', Object.freeze(new RangeError('cold')), 'RangeError', 'cold'],
  ])('fails with %s', async (_what, thrown, type, message) => {
    const { status, error } = await runOnce(() => Promise.reject(thrown as Error))

    expect([status, error?.type, error?.message]).toEqual(['failed', type, message])
  })

  it('keeps code, context, stack and causes of the error', async () => {
    const { error } = await runOnce(() => {
      throw Object.assign(new Error('Import failed.', { cause: new TypeError('No subject.') }), { code: 'EIMPORT' })
    })

    expect(error).toMatchObject({ type: 'Error', message: 'Import failed.', code: 'EIMPORT', causes: [{ type: 'TypeError', message: 'No subject.' }] })
    expect(error?.stack).toContain('Import failed.')
  })
})

describe('tasks and configurations', () => {
  it('are joined by the name of the task object, and by the key of the runner', async () => {
    const task = defineTask('app.task', ({ task: name }) => ({ name }))
    const runner = inlineRunner({ key: 'side' })
    await using triggers = application({ tasks: [task], runners: { inline: inlineRunner(), side: runner } })
    await triggers.start()
    const manager = triggers.manager('session')

    await manager.updateConfiguration({
      t_first: { after: ['go'], run: task.name, using: runner.key },
      t_second: { after: ['go'], run: task.name },
    })
    await manager.fire('go')
    await triggers.idle()

    expect([(await manager.instance('t_first#0')).result, (await manager.instance('t_second#0')).result]).toEqual([
      { name: 't_first' },
      { name: 't_second' },
    ])
  })

  it('may be joined late, before the first run', async () => {
    await using triggers = application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.late' } })
    await manager.fire('go')

    triggers.register(defineTask('app.late', () => ({ late: true })))
    await triggers.start()
    await triggers.idle()

    expect((await manager.instance('t_task#0')).result).toEqual({ late: true })
  })

  it('need no options, also where they are given as undefined', () => {
    const { name, timeLimit } = defineTask('app.task', undefined, () => ({}))

    expect([name, timeLimit]).toEqual(['app.task', null])
  })

  it('refuse a second task of the same name', () => {
    const tasks: Task[] = [defineTask('app.task', () => ({})), defineTask('app.task', () => ({}))]

    expect(() => application({ tasks })).toThrow(expect.objectContaining({ code: 'DuplicateKey' }))
  })

  it.each([
    ['no name', () => defineTask('', () => ({})), 'InvalidName'],
    ['no body', () => defineTask('app.task', {}, undefined as never), 'InvalidArgument'],
    ['a limit that is no number', () => defineTask('app.task', { maxRetries: NaN }, () => ({})), 'InvalidArgument'],
    ['a negative limit', () => defineTask('app.task', { maxRetries: -1 }, () => ({})), 'InvalidArgument'],
    ['a shrinking backoff', () => defineTask('app.task', { retry: { delay: 1, factor: 0.5 } }, () => ({})), 'InvalidArgument'],
    ['a time limit that is no duration', () => defineTask('app.task', { timeLimit: '5 minutes' as never }, () => ({})), 'InvalidArgument'],
    ['no time at all', () => defineTask('app.task', { timeLimit: 0 }, () => ({})), 'InvalidArgument'],
  ])('refuse a definition with %s', (_what, define, code) => {
    expect(define).toThrow(expect.objectContaining({ code }))
  })
})

describe('a hook', () => {
  it('that fires after a cascade is no part of the execution, which is over', async () => {
    class Following extends TriggerManager {
      protected override async postFire(trigger: string): Promise<void> {
        if (trigger === 't_task') await this.fire('followed')
      }
    }
    const logger = new RecordingLogger()
    await using triggers = application({ tasks: [defineTask('app.task', () => ({}))], managers: { following: Following }, manager: 'following', logger })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })

    await manager.fire('go')
    await triggers.idle()

    expect(logger.alarms).toEqual([])
    expect(Object.keys(await manager.latestKwargs())).toContain('followed')
  })

  it('that throws undoes nothing', async () => {
    class Failing extends TriggerManager {
      protected override postFire(): void {
        throw new Error('hook')
      }
    }
    const logger = new RecordingLogger()
    await using triggers = application({ managers: { failing: Failing }, manager: 'failing', logger })
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })

    const answer = await manager.fire('go')

    expect(answer.scheduled).toEqual(['t_task#0'])
    expect(logger.alarms).toEqual(['A hook failed; what it was called for stands.'])
  })
})

describe('an execution whose outcome the session refuses', () => {
  it('fails with the reason', async () => {
    class Endless extends TriggerManager {
      static override readonly react = (events: readonly { readonly type: string }[]) =>
        events.some(({ type }) => type === 'instanceFinished' || type === 'fired') && events.every(({ type }) => type !== 'instanceScheduled')
          ? [{ type: 'fire', trigger: 'again', kwargs: {} } as const]
          : []
    }
    await using triggers = application({ tasks: [defineTask('app.task', () => ({}))], managers: { endless: Endless }, manager: 'endless' })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })

    await manager.fire('go').catch((error: unknown) => expect(isTriggerkitError(error, 'ReactionLoop')).toBe(true))
    await triggers.idle()

    expect((await manager.instances()).map(({ status, error }) => [status, error?.code])).toEqual([['failed', 'ReactionLoop']])
  })
})

describe('a job', () => {
  it('of an unknown manager or storage is dropped', async () => {
    await using triggers = application()
    const job = { manager: 'nobody', storage: 'memory', uid: 'session' } as Job

    expect(await triggers.execute(job)).toEqual({ outcome: 'dropped' })
  })
})
