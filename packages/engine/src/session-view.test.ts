import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { FakeClock } from './fakes/fake-clock.js'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers, defineTask } from './index.js'
import type { InstanceView, TriggersOptions } from './index.js'

const tasks = [
  defineTask('app.pass', ({ triggerKwargs }) => ({ got: triggerKwargs })),
  defineTask('app.fail', () => Promise.reject(new RangeError('No.'))),
  defineTask('app.error', (context) => context.withLogger({}, (logger) => logger.error('Bad.'))),
]

function application(options: Partial<TriggersOptions> = {}) {
  return createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger: new RecordingLogger(), tasks, ...options })
}

async function collect(items: AsyncIterable<InstanceView>): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of items) names.push(name)
  return names
}

describe('the view of an instance', () => {
  it('shows everything that there is to know', async () => {
    const clock = new FakeClock()
    await using triggers = application({ clock, storage: memoryStorage({ now: () => clock.monotonic() }) })
    await triggers.start()
    const manager = triggers.manager('session')
    const directives = { after: ['go', 'then'], unless: ['stop', 'halt'], withParams: { go: { p: 1 } }, run: 'app.pass' }
    await manager.updateConfiguration({ t_task: { ...directives, colour: 'red' } })
    await manager.fire('go', { a: 1 })
    await manager.fire('stop')
    const unstarted = await manager.instance('t_task#0')
    await clock.advance(500)
    await manager.fire('then')
    await clock.advance(0)
    await manager.updateInstanceMetadata('t_task#0', { note: 'seen' })

    const view = await manager.instance('t_task#0')

    expect(unstarted).toMatchObject({ status: 'unstarted', waitsFor: ['then'], kwargs: { go: { a: 1 } }, actualKwargs: null, canRun: false, canSchedule: true })
    expect(view).toEqual({
      name: 't_task#0',
      task: 't_task',
      configuration: { ...directives, andEvery: null, using: null, extras: { colour: 'red' } },
      status: 'finished',
      kwargs: { go: { a: 1 }, then: {} },
      abandonState: ['stop'],
      waitsFor: [],
      result: { got: { go: { p: 1, a: 1 }, then: {} } },
      actualKwargs: { go: { p: 1, a: 1 }, then: {} },
      parent: null,
      depth: 0,
      cooldown: null,
      round: 1,
      attempt: 1,
      error: null,
      logLevel: 0,
      logLevelName: 'NOTSET',
      logsRelevant: true,
      logsResolved: true,
      metadata: { note: 'seen' },
      timestamps: { created: 1_000, unstarted: 1_000, scheduled: 1_500, running: 1_500, finished: 1_500, lastModified: 1_500 },
      byHand: false,
      canSchedule: false,
      canRun: false,
      canAbandon: false,
      canReplay: false,
      canSkip: false,
      isResolved: true,
    })
  })

  it('tells when an instance reached each status, also when it was replayed or skipped, and that it can be either once', async () => {
    const clock = new FakeClock()
    await using triggers = application({ clock, storage: memoryStorage({ now: () => clock.monotonic() }) })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.fail' } })
    await manager.fire('go')
    await clock.advance(1_000)
    const failed = await manager.instance('t_task#0')

    await manager.replayFailedInstance('t_task#0')
    await clock.advance(1_000)
    await manager.skipFailedInstance('t_task#1', { result: { subjectId: 1 } })

    const [replayed, skipped] = await manager.instances()
    expect([failed.canReplay, failed.canSkip, failed.isResolved]).toEqual([true, true, false])
    expect([replayed?.canReplay, replayed?.canSkip, replayed?.isResolved]).toEqual([false, false, true])
    expect(replayed?.timestamps).toMatchObject({ created: 1_000, failed: 1_000, replayed: 2_000, lastModified: 2_000 })
    expect(skipped?.timestamps).toMatchObject({ created: 2_000, failed: 2_000, skipped: 3_000 })
    expect([replayed?.error, skipped?.error?.message, skipped?.result]).toEqual([failed.error, 'No.', { subjectId: 1 }])
  })

  it('keeps the kwargs of the latest execution when the instance is re-armed and configured anew', async () => {
    await using triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.pass', withParams: { go: { p: 1 } } } })
    await manager.fire('go', { a: 1 })
    await triggers.idle()

    await manager.updateInstanceStatus('t_task#0', 'unstarted')
    await manager.updateConfiguration({ t_task: { after: ['go', 'more'], run: 'app.pass', withParams: { go: { p: 2 } } } })

    const { status, actualKwargs, waitsFor, configuration } = await manager.instance('t_task#0')
    expect([status, actualKwargs, waitsFor]).toEqual(['unstarted', { go: { p: 1, a: 1 } }, ['more']])
    expect(configuration.withParams).toEqual({ go: { p: 2 } })
  })

  it('is a copy: to change it changes nothing', async () => {
    await using triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.pass', withParams: { go: {} } } })
    await manager.fire('go', { a: 1 })
    await triggers.idle()
    await manager.updateInstanceMetadata('t_task#0', { list: [1] })
    const before = JSON.stringify(await manager.debugView())

    const view = await manager.debugView()
    const instance = view.instances['t_task#0'] as InstanceView
    Object.assign(instance.metadata, { spoiled: true })
    Object.assign(instance.kwargs['go'] as object, { spoiled: true })
    Object.assign(instance.configuration, { run: 'spoiled' })
    ;(view.tasks['t_task']?.configuration.after as string[]).push('spoiled')
    Object.assign(view.latestKwargs['go'] as object, { spoiled: true })

    expect(JSON.stringify(await manager.debugView())).toBe(before)
  })

  it('tells a status that was set by hand and that nobody will execute', async () => {
    await using triggers = application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go', 'then'], run: 'app.pass' } })
    await manager.fire('go')

    await manager.updateInstanceStatus('t_task#0', 'running')

    expect((await manager.debugView()).instances['t_task#0']).toMatchObject({ status: 'running', byHand: true })
  })
})

describe('what cannot be found', () => {
  it('is named, with the instances of the task whose name was given', async () => {
    await using triggers = application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: [], andEvery: 'go', run: 'app.pass' }, t_idle: { after: ['x'], run: 'app.pass' } })
    await manager.fire('go')
    await manager.fire('go')

    await expect(manager.instance('t_task')).rejects.toMatchObject({
      code: 'UnknownInstance',
      message: 'No instance "t_task". That is a task; its instances are t_task#0, t_task#1.',
    })
    await expect(manager.instance('t_idle')).rejects.toMatchObject({ message: 'No instance "t_idle". That is a task; it has no instance yet.' })
    for (const name of ['t_task#2', 't_task#01', 't_task#-1', 'nobody#0', '', '#0']) {
      await expect(manager.instance(name)).rejects.toMatchObject({ code: 'UnknownInstance' })
    }
    await expect(manager.task('t_tsk')).rejects.toMatchObject({ code: 'UnknownTask', message: 'No task "t_tsk". Known: t_task, t_idle.' })
    await expect(manager.instancesOfTask('nobody')).rejects.toMatchObject({ code: 'UnknownTask' })
    await expect(manager.instances({ after: 'nobody#0' })).rejects.toMatchObject({ code: 'UnknownInstance' })
  })
})

describe('a session', () => {
  it('shows tasks, metadata, latest kwargs and what is unresolved', async () => {
    await using triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['go'], run: 'app.pass' }, t_b: { after: ['go', 'never'], run: 'app.pass' }, t_c: { after: ['never'], run: 'app.pass' } })
    await manager.fire('go', { n: 1 })
    await manager.fire('go', { n: 2 })
    await triggers.idle()
    const session = triggers.session('session')

    expect((await session.tasks()).map(({ name, instances, revision }) => [name, instances, revision])).toEqual([
      ['t_a', 1, 0],
      ['t_b', 1, 0],
      ['t_c', 0, 0],
    ])
    expect((await session.task('t_b')).configuration.after).toEqual(['go', 'never'])
    expect(await session.unresolvedTasks()).toEqual(['t_b', 't_c'])
    expect((await session.unresolvedInstances()).map(({ name }) => name)).toEqual(['t_b#0'])
    expect((await session.latestKwargs())['go']).toEqual({ n: 2 })
    expect((await session.instance('t_b#0')).kwargs).toEqual({ go: { n: 1 } })
    expect(await session.metadata()).toMatchObject({ uid: 'session', exists: true, manager: 'default', wakeAt: null, firedTriggers: ['go', 't_a'] })
  })

  it('has a debug view of plain JSON', async () => {
    await using triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['go'], run: 'app.error', extra: [1] }, t_b: { after: ['go'], run: 'app.fail' } })
    await manager.fire('go', { n: 1 })
    await triggers.idle()

    const view = await manager.debugView()

    expect(JSON.parse(JSON.stringify(view))).toStrictEqual(view)
    expect([Object.keys(view), Object.keys(view.tasks), Object.keys(view.instances)]).toEqual([
      ['metadata', 'tasks', 'instances', 'latestKwargs'],
      ['t_a', 't_b'],
      ['t_a#0', 't_b#0'],
    ])
  })

  it('that does not exist is empty', async () => {
    await using triggers = application()
    const session = triggers.session('nobody')

    expect(await session.debugView()).toEqual({
      metadata: { uid: 'nobody', exists: false, manager: null, created: null, version: 0, wakeAt: null, firedTriggers: [] },
      tasks: {},
      instances: {},
      latestKwargs: {},
    })
    expect([await session.unresolvedInstances(), await session.instancesWithUnresolvedLogs(), await session.unresolvedTasks()]).toEqual([[], [], []])
    expect([await collect(session), session.getSnapshot().version]).toEqual([[], 0])
    await expect(session.instance('t_task#0')).rejects.toMatchObject({ code: 'UnknownInstance' })
  })

  it('can be looked at without its manager', async () => {
    const storage = memoryStorage()
    const writing = application({ storage })
    await writing.manager('session').updateConfiguration({ t_a: { after: ['go'], run: 'app.pass' } })
    const reading = createTriggers({ storage, runners: { inline: inlineRunner() } })

    expect((await reading.session('session').tasks()).map(({ name }) => name)).toEqual(['t_a'])
  })
})

describe('long lists', () => {
  const COUNT = 1_203

  it('come whole, by page and one by one, each instance once and in the order of creation', async () => {
    await using triggers = application()
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({
      t_a: { after: [], andEvery: 'go', run: 'app.error' },
      t_b: { after: ['never'], andEvery: 'go', run: 'app.pass' },
      t_c: { after: ['go'], run: 'app.pass' },
    })
    for (let count = 0; count < COUNT; count += 1) await manager.fire('go')
    await triggers.idle()
    const names = (task: string): readonly string[] => Array.from({ length: COUNT }, (_, number) => `${task}#${number}`)
    const all = [...names('t_a'), ...names('t_b'), 't_c#0']
    const session = triggers.session('session')

    expect((await session.instances()).map(({ name }) => name)).toEqual(all)
    expect(await collect(session)).toEqual(all)
    expect((await session.instancesOfTask('t_b')).map(({ name }) => name)).toEqual(names('t_b'))
    expect((await session.unresolvedInstances()).map(({ name }) => name)).toEqual(names('t_b'))
    expect((await session.instancesWithUnresolvedLogs()).map(({ name }) => name)).toEqual(names('t_a'))
    const lists = {
      instances: all,
      unresolvedInstances: names('t_b'),
      instancesWithUnresolvedLogs: names('t_a'),
    } as const
    for (const [list, expected] of Object.entries(lists) as [keyof typeof lists, readonly string[]][]) {
      const pages: string[] = []
      for (let page = await session[list]({ limit: 700 }); page.length > 0; page = await session[list]({ limit: 700, after: pages.at(-1) as string })) {
        pages.push(...page.map(({ name }) => name))
      }
      expect(pages).toEqual(expected)
    }
    expect((await session.instancesOfTask('t_a', { after: 't_a#1200' })).map(({ name }) => name)).toEqual(['t_a#1201', 't_a#1202'])
  })

  it.each([0, -1, 1.5, NaN, '5', null])('are refused where their limit is %j', async (limit) => {
    await using triggers = application()
    const session = triggers.session('session')
    const page = { limit: limit as number }

    const reads = [session.instances(page), session.instancesOfTask('t_a', page), session.unresolvedInstances(page), session.instancesWithUnresolvedLogs(page), triggers.sessions(page)]

    for (const read of await Promise.allSettled(reads)) {
      expect(read).toMatchObject({ reason: { code: 'InvalidArgument', message: `limit: ${String(limit)} is invalid; give a whole number from 1 up.` } })
    }
  })

  it('take a number of round trips that does not grow with them', async () => {
    const storage = memoryStorage()
    const calls: string[] = []
    for (const method of ['load', 'read', 'list'] as const) {
      const original = storage[method].bind(storage) as (...args: unknown[]) => unknown
      Object.assign(storage, { [method]: (...args: unknown[]) => (calls.push(method), original(...args)) })
    }
    await using triggers = application({ storage })
    await triggers.start()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: [], andEvery: 'go', run: 'app.error' } })
    for (let count = 0; count < 20; count += 1) await manager.fire('go')
    await triggers.idle()
    calls.length = 0

    await manager.instancesWithUnresolvedLogs()

    expect(calls).toEqual(['load', 'list', 'read', 'read'])
  })

  it('are read anew when the session changes in between', async () => {
    const storage = memoryStorage()
    await using triggers = application({ storage })
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: [], andEvery: 'go', run: 'app.pass' } })
    await manager.fire('go')
    await manager.updateInstanceStatus('t_a#0', 'finished')
    const list = storage.list.bind(storage)
    let interfere = true
    storage.list = async (...args) => {
      if (interfere) {
        interfere = false
        await manager.updateInstanceStatus('t_a#0', 'unstarted')
      }
      return list(...args)
    }

    expect((await triggers.session('session').instances()).map(({ name, status }) => [name, status])).toEqual([['t_a#0', 'unstarted']])
  })

  it('find an instance that comes back from the archive while it is looked up', async () => {
    const storage = memoryStorage()
    await using triggers = application({ storage })
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: [], andEvery: 'go', run: 'app.pass' } })
    await manager.fire('go')
    await manager.updateInstanceStatus('t_a#0', 'finished')
    const read = storage.read.bind(storage)
    let interfere = true
    storage.read = async (...args) => {
      if (interfere) {
        interfere = false
        await manager.updateInstanceStatus('t_a#0', 'unstarted')
      }
      return read(...args)
    }

    expect((await triggers.session('session').instance('t_a#0')).status).toBe('unstarted')
  })
})
