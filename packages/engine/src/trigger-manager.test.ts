import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, defineTask, TriggerManager } from './index.js'
import type { InstanceStatus, Triggers, TriggersOptions } from './index.js'

const tasks = [
  defineTask('app.pass', ({ triggerKwargs }) => triggerKwargs),
  defineTask('app.fail', () => Promise.reject(new RangeError('No.'))),
  defineTask('app.fire', async ({ manager, instance }) => void (await manager.fire('fired', { from: instance }))),
]

function application(options: Partial<TriggersOptions> = {}): Triggers {
  return createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger: new RecordingLogger(), tasks, ...options })
}

/** A started application whose session has the failed instance `t_fail#0`, and `t_next` waiting for its cascade. */
async function withFailed(options: Partial<TriggersOptions> = {}): Promise<{ triggers: Triggers; manager: TriggerManager }> {
  const triggers = application(options)
  await triggers.start()
  const manager = triggers.manager('session')
  await manager.updateConfiguration({
    t_fail: { after: ['go'], run: 'app.fail', withParams: { fixed: { of: 'params' } } },
    t_next: { after: ['t_fail'], run: 'app.pass' },
  })
  await manager.fire('go', { page: 1 })
  await triggers.idle()
  return { triggers, manager }
}

describe('fire', () => {
  it('tells what it did', async () => {
    const manager = application().manager('session')
    await manager.updateConfiguration({
      t_a: { after: ['go'], run: 'app.pass' },
      t_b: { after: ['go', 'then'], run: 'app.pass' },
      t_c: { after: ['then'], unless: ['go'], run: 'app.pass' },
    })

    const { firing, ...answer } = await manager.fire('go')

    expect(answer).toEqual({ duplicate: false, created: ['t_a#0', 't_b#0', 't_c#0'], scheduled: ['t_a#0'], abandoned: ['t_c#0'], configured: true })
    expect(firing).toEqual(expect.any(String))
  })

  it('records a firing in a session without configuration, and says so', async () => {
    const logger = new RecordingLogger()
    const manager = application({ logger }).manager('session')

    const answer = await manager.fire('go', { early: true })

    expect(answer).toMatchObject({ configured: false, created: [], scheduled: [] })
    expect(logger.alarms).toHaveLength(1)
    expect(await manager.updateConfiguration({ t_a: { after: ['go'], run: 'app.pass' } })).toMatchObject({ created: ['t_a#0'], scheduled: ['t_a#0'] })
  })

  it('does nothing a second time under the same id, and refuses the id for another trigger', async () => {
    const manager = application().manager('session')
    await manager.updateConfiguration({ t_a: { after: [], andEvery: 'go', run: 'app.pass' } })

    const first = await manager.fire('go', {}, { id: 'order-1' })
    const second = await manager.fire('go', {}, { id: 'order-1' })

    expect([first.duplicate, second]).toEqual([false, { firing: 'order-1', duplicate: true, created: [], scheduled: [], abandoned: [], configured: true }])
    expect(await manager.instances()).toHaveLength(1)
    await expect(manager.fire('other', {}, { id: 'order-1' })).rejects.toMatchObject({ code: 'FiringIdReused' })
    await expect(manager.fire('go', {}, { id: '~t_a#0/1' })).rejects.toMatchObject({ code: 'InvalidName' })
  })

  it('does not keep what the caller still holds', async () => {
    const manager = application().manager('session')
    const kwargs = { list: [1] }

    const fired = manager.fire('go', kwargs)
    kwargs.list.push(2)
    await fired

    expect(await manager.latestKwargs()).toEqual({ go: { list: [1] } })
  })
})

describe('replayFailedInstance', () => {
  it.each([
    ['nothing keeps', [], { go: { page: 1 } }, { fixed: { of: 'params' }, go: { page: 1 } }],
    ['null keeps', [null], { go: { page: 1 } }, { fixed: { of: 'params' }, go: { page: 1 } }],
    ['an empty object clears', [{}], {}, { fixed: { of: 'params' } }],
    ['others replace', [{ go: { page: 2 }, other: {} }], { go: { page: 2 }, other: {} }, { fixed: { of: 'params' }, go: { page: 2 }, other: {} }],
  ] as const)('replaces the kwargs as a whole: %s them', async (_what, args, kwargs, actualKwargs) => {
    const { triggers, manager } = await withFailed()

    const answer = await manager.replayFailedInstance('t_fail#0', ...args)
    await triggers.idle()

    expect(answer).toEqual({ instance: 't_fail#0', clone: 't_fail#1' })
    const clone = await manager.instance('t_fail#1')
    expect([clone.parent, clone.depth, clone.kwargs, clone.actualKwargs]).toEqual(['t_fail#0', 1, kwargs, actualKwargs])
    expect(await manager.instance('t_fail#0')).toMatchObject({ status: 'replayed', kwargs: { go: { page: 1 } } })
  })

  it('acts on the stored instance, however old the object is that it is given', async () => {
    const { manager } = await withFailed()
    const old = await manager.instance('t_fail#0')

    await manager.updateInstanceMetadata(old, { first: 1 })
    await manager.updateInstanceMetadata(old, { second: 2 })
    await manager.replayFailedInstance(old)

    expect(await manager.instance('t_fail#0')).toMatchObject({ status: 'replayed', metadata: { first: 1, second: 2 } })
    await expect(manager.replayFailedInstance(old)).rejects.toMatchObject({ code: 'NotFailed', details: { status: 'replayed' } })
  })

  it('refuses what did not fail, what is not there and what is no instance', async () => {
    const { triggers, manager } = await withFailed()
    await manager.skipFailedInstance('t_fail#0', { cascade: true })
    await triggers.idle()

    await expect(manager.replayFailedInstance('t_next#0')).rejects.toMatchObject({ code: 'NotFailed', details: { instance: 't_next#0', status: 'finished' } })
    await expect(manager.replayFailedInstance('t_fail#7')).rejects.toMatchObject({ code: 'UnknownInstance' })
    await expect(manager.replayFailedInstance('t_fail')).rejects.toMatchObject({ code: 'UnknownInstance', message: expect.stringContaining('t_fail#0') })
    for (const nonsense of [undefined, null, 7, {}]) {
      await expect(manager.replayFailedInstance(nonsense as never)).rejects.toMatchObject({ code: 'InvalidArgument' })
    }
  })
})

describe('skipFailedInstance', () => {
  it('neither cascades nor has a result unless asked', async () => {
    const { manager } = await withFailed()

    await manager.skipFailedInstance('t_fail#0')

    expect(await manager.instance('t_fail#0')).toMatchObject({ status: 'skipped', metadata: { cascade: false }, error: { message: 'No.' } })
    expect((await manager.instance('t_fail#0')).result).toEqual({})
    expect(await manager.instancesOfTask('t_next')).toEqual([])
  })

  it('cascades with a simulated result', async () => {
    const { triggers, manager } = await withFailed()

    await manager.skipFailedInstance('t_fail#0', { cascade: true, result: { subjectId: 42 } })
    await triggers.idle()

    expect((await manager.instance('t_fail#0')).result).toEqual({ subjectId: 42 })
    expect((await manager.instance('t_next#0')).result).toEqual({ t_fail: { subjectId: 42 } })
  })
})

describe('updateInstanceStatus', () => {
  it('sets any status, with metadata and a cascade', async () => {
    const { triggers, manager } = await withFailed()

    await manager.updateInstanceStatus('t_fail#0', 'finished', { metadata: { by: 'hand' }, cascade: true, cascadeKwargs: { subjectId: 7 } })
    await triggers.idle()

    expect(await manager.instance('t_fail#0')).toMatchObject({ status: 'finished', metadata: { by: 'hand' }, result: null })
    expect((await manager.instance('t_next#0')).result).toEqual({ t_fail: { subjectId: 7 } })
  })

  it('re-arms an instance, which then runs at the next relevant fire', async () => {
    const { triggers, manager } = await withFailed()

    await manager.updateInstanceStatus('t_fail#0', 'unstarted')
    const { scheduled } = await manager.fire('go', { page: 2 })
    await triggers.idle()

    expect(scheduled).toEqual(['t_fail#0'])
    expect(await manager.instance('t_fail#0')).toMatchObject({ status: 'failed', round: 2, kwargs: { go: { page: 1 } } })
  })

  it('takes result and logsResolved among the metadata for the fields of those names', async () => {
    const { manager } = await withFailed()

    await manager.updateInstanceStatus('t_fail#0', 'failed', { metadata: { result: { subjectId: 1 }, logsResolved: true, other: 1 } })
    const first = await manager.instance('t_fail#0')
    await manager.updateInstanceMetadata('t_fail#0', { result: null })

    expect(first).toMatchObject({ result: { subjectId: 1 }, logsResolved: true, metadata: { other: 1 } })
    expect((await manager.instance('t_fail#0')).result).toBe(null)
  })

  it('refuses what is no status', async () => {
    const { manager } = await withFailed()

    await expect(manager.updateInstanceStatus('t_fail#0', 'done' as InstanceStatus)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('unstarted, scheduled, running'),
    })
  })
})

describe('cancelInstance', () => {
  it.each([
    ['unstarted', true],
    ['scheduled', true],
    ['running', true],
    ['finished', false],
    ['failed', false],
    ['replayed', false],
    ['skipped', false],
    ['abandoned', false],
  ] as const)('of an instance that is %s: %s', async (status, cancelled) => {
    const manager = application().manager('session')
    await manager.updateConfiguration({ t_task: { after: ['never'], run: 'app.pass' } })
    const { instance } = await manager.createInstance('t_task', { status })

    expect(await manager.cancelInstance(instance)).toEqual({ instance, cancelled })

    const view = await manager.instance(instance)
    expect([view.status, view.error?.code]).toEqual(cancelled ? ['failed', 'Cancelled'] : [status, undefined])
  })

  it('keeps a scheduled instance from running', async () => {
    const triggers = application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.pass' } })
    await manager.fire('go')

    await manager.cancelInstance('t_task#0')
    await triggers.start()
    await triggers.idle()

    expect(await manager.instance('t_task#0')).toMatchObject({ status: 'failed', actualKwargs: null })
  })
})

describe('createInstance and cloneInstance', () => {
  it('make an instance from values, scheduling nothing', async () => {
    const manager = application().manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], unless: ['stop'], run: 'app.pass' } })

    const { instance } = await manager.createInstance('t_task', {
      kwargs: { go: { page: 1 } },
      abandonState: ['stop'],
      metadata: { note: 1, result: { from: 'hand' } },
      status: 'skipped',
    })

    expect(await manager.instance(instance)).toMatchObject({
      name: 't_task#0',
      status: 'skipped',
      kwargs: { go: { page: 1 } },
      abandonState: ['stop'],
      metadata: { note: 1 },
      result: { from: 'hand' },
    })
    await expect(manager.createInstance('t_tsk')).rejects.toMatchObject({ code: 'UnknownTask', details: { task: 't_tsk' } })
    await expect(manager.createInstance('t_task', { status: 'done' as never })).rejects.toMatchObject({ code: 'InvalidArgument' })
  })

  it('make a clone that is unstarted, has kwargs and abandon state alone, and runs at the next relevant fire', async () => {
    const { triggers, manager } = await withFailed()
    await manager.updateInstanceMetadata('t_fail#0', { note: 1 })

    const { instance } = await manager.cloneInstance('t_fail#0')

    expect(await manager.instance(instance)).toMatchObject({
      name: 't_fail#1',
      status: 'unstarted',
      parent: 't_fail#0',
      depth: 1,
      kwargs: { go: { page: 1 } },
      error: null,
      actualKwargs: null,
      result: null,
    })
    expect((await manager.instance(instance)).metadata).toEqual({})
    expect((await manager.instance('t_fail#0')).status).toBe('failed')
    expect((await manager.fire('go', { page: 2 })).scheduled).toEqual(['t_fail#1'])
    await triggers.idle()
    expect((await manager.instance('t_fail#1')).actualKwargs).toMatchObject({ go: { page: 1 } })
  })
})

describe('a command id', () => {
  it('makes a repetition harmless, with the same answer', async () => {
    const { manager } = await withFailed()

    const first = await manager.cloneInstance('t_fail#0', { commandId: 'repair-1' })
    const second = await manager.cloneInstance('t_fail#0', { commandId: 'repair-1' })

    expect(second).toEqual(first)
    expect(await manager.instancesOfTask('t_fail')).toHaveLength(2)
  })

  it('belongs to one command', async () => {
    const { manager } = await withFailed()
    await manager.updateInstanceMetadata('t_fail#0', { a: 1 }, { commandId: 'repair-1' })

    await expect(manager.skipFailedInstance('t_fail#0', { commandId: 'repair-1' })).rejects.toMatchObject({ code: 'CommandIdReused' })
    expect((await manager.instance('t_fail#0')).status).toBe('failed')
  })
})

describe('a transaction', () => {
  it('answers at once, shows its state, and is one version', async () => {
    const { manager } = await withFailed()
    const { version } = await manager.metadata()

    const answer = await manager.transaction((draft) => {
      const { clone } = draft.replayFailedInstance('t_fail#0')
      const fired = draft.fire('other')
      return [clone, fired.created, draft.statusOf('t_fail#0'), draft.statusOf(clone), draft.hasFired('other'), draft.unresolvedTasks()]
    })

    expect(answer).toEqual(['t_fail#1', [], 'replayed', 'scheduled', true, ['t_fail', 't_next']])
    expect((await manager.metadata()).version).toBeGreaterThanOrEqual(version + 1)
  })

  it('discards everything when its function throws or is asynchronous', async () => {
    const manager = application().manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.pass' } })
    const { version } = await manager.metadata()

    const thrown = manager.transaction((draft) => {
      draft.fire('go')
      throw new RangeError('No.')
    })

    await expect(thrown).rejects.toThrow('No.')
    await expect(manager.transaction(async (draft) => void draft.fire('go'))).rejects.toMatchObject({ code: 'InvalidArgument' })
    expect(await manager.metadata()).toMatchObject({ version, firedTriggers: [] })
  })
})

describe('the manager of a session', () => {
  class Survey extends TriggerManager {}

  it('is remembered, and another is refused by name', async () => {
    const triggers = application({ managers: { survey: Survey } })
    await triggers.manager('session', { manager: 'survey' }).fire('go')

    await expect(triggers.manager('session').fire('go')).rejects.toMatchObject({
      code: 'ManagerMismatch',
      message: expect.stringMatching(/"survey".*"default"/),
    })
    expect((await triggers.session('session').metadata()).manager).toBe('survey')
  })

  it('of an unknown key is refused with those that are known', () => {
    expect(() => application({ managers: { survey: Survey } }).manager('session', { manager: 'srvey' })).toThrow(
      expect.objectContaining({ code: 'UnknownKey', message: expect.stringContaining('default, survey') }),
    )
  })

  it('may be made twice in one process, and both see what either does', async () => {
    const triggers = application()
    const [one, other] = [triggers.manager('session'), triggers.manager('session')]
    await one.updateConfiguration({ t_task: { after: ['a', 'b'], run: 'app.pass' } })

    await Promise.all([one.fire('a'), other.fire('b')])

    expect((await one.instance('t_task#0')).status).toBe('scheduled')
  })
})

describe('a default configuration', () => {
  it('is applied in the first commit, of the manager class before that of the application', async () => {
    class Survey extends TriggerManager {
      static override readonly configuration = { t_survey: { after: ['go'], run: 'app.pass' } }
    }
    const triggers = application({ managers: { survey: Survey }, configuration: { t_task: { after: ['go'], run: 'app.pass' } } })
    const [plain, survey] = [triggers.manager('plain'), triggers.manager('survey', { manager: 'survey' })]

    expect([(await plain.fire('go')).scheduled, (await survey.fire('go')).scheduled]).toEqual([['t_task#0'], ['t_survey#0']])
    expect((await plain.metadata()).version).toBe(1)
  })

  it('is warned about once, however many manager classes there are', () => {
    const logger = new RecordingLogger()

    application({ logger, managers: { survey: class extends TriggerManager {} }, configuration: { t_task: { after: [], run: 'app.pass', andEvry: 'page' } } })

    expect(logger.alarms).toEqual([expect.stringContaining('t_task.andEvry')])
  })

  it('that is wrong is refused when the application is made', () => {
    expect(() => application({ configuration: { t_task: { run: 'app.pass' } } })).toThrow(
      expect.objectContaining({ code: 'InvalidConfiguration', message: expect.stringContaining('t_task.after') }),
    )
  })
})

describe('the runner of a task', () => {
  class Sided extends TriggerManager {
    static override readonly defaultRunner: string = 'side'
  }

  it("is the task's, else the manager class's, else the application's, also for cascades", async () => {
    const runners = { inline: inlineRunner(), side: inlineRunner({ key: 'side' }), third: inlineRunner({ key: 'third' }) }
    const dispatched: string[] = []
    for (const [key, runner] of Object.entries(runners)) {
      const dispatch = runner.dispatch.bind(runner)
      runner.dispatch = (job, options) => (dispatched.push(`${job.uid} ${job.instance} ${key}`), dispatch(job, options))
    }
    const triggers = application({ runners, managers: { sided: Sided } })
    await triggers.start()
    for (const [uid, manager] of [['plain', 'default'], ['sided', 'sided']] as const) {
      await triggers.manager(uid, { manager }).updateConfiguration({
        t_named: { after: ['go'], run: 'app.pass', using: 'third' },
        t_open: { after: ['t_named'], run: 'app.pass' },
      })
      await triggers.manager(uid, { manager }).fire('go')
    }
    await triggers.settled('plain')
    await triggers.settled('sided')

    expect(dispatched.sort()).toEqual(['plain t_named#0 third', 'plain t_open#0 inline', 'sided t_named#0 third', 'sided t_open#0 side'])
  })

  it('that nobody knows is refused at scheduling, when everything else is done', async () => {
    const manager = application().manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.pass', using: 'nobody' } })

    await expect(manager.fire('go')).rejects.toMatchObject({
      code: 'SchedulingRefused',
      details: { reason: 'UnknownRunner', instance: 't_task#0', committed: true },
    })
    expect((await manager.instance('t_task#0')).status).toBe('unstarted')
  })

  it('that is named as default must be there', () => {
    expect(() => application({ runner: 'nobody' })).toThrow(expect.objectContaining({ code: 'UnknownKey', message: expect.stringContaining('inline') }))
    expect(() => application({ managers: { sided: Sided } })).toThrow(
      expect.objectContaining({ code: 'UnknownKey', message: 'There is no runner for managers.sided "side"; known: inline. Pass it to createTriggers.' }),
    )
    expect(() => application({ runners: {} })).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  })
})

describe('options that will not do', () => {
  it.each([
    [{ lease: 'soon' as never }, 'lease'],
    [{ lease: 0 }, 'lease'],
    [{ sweepEvery: '0s' }, 'sweepEvery'],
    [{ commandTimeout: 0 }, 'commandTimeout'],
    [{ ttl: 0 }, 'ttl'],
    [{ maxQueue: 0 }, 'maxQueue'],
    [{ maxPayloadBytes: '1MB' as never }, 'maxPayloadBytes'],
    [{ maxLosses: NaN }, 'maxLosses'],
    [{ managers: { survey: class {} as never } }, 'survey'],
    [{ storage: memoryStorage as never }, 'storage: call its factory'],
    [{ tasks: { 'app.task': () => undefined } as never }, 'defineTask'],
    [{ tasks: 'app.task' as never }, 'defineTask'],
    [{ storage: 'memory' as never }, 'storage: call its factory'],
    [{ runners: { inline: inlineRunner as never } }, 'inline: call its factory'],
  ] satisfies [Partial<TriggersOptions>, string][])('are refused by name: %j', (options, named) => {
    expect(() => application(options)).toThrow(expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(named) }))
  })
})
