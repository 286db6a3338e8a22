import { TriggerkitError, type Storage, type StoredSession } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it, vi } from 'vitest'
import { FakeClock } from './fakes/fake-clock.js'
import { RecordingLogger } from './fakes/recording-logger.js'
import { createTriggers } from './index.js'
import type { TriggerManager, Triggers, TriggersOptions } from './index.js'

function application(options: Partial<TriggersOptions> = {}): Triggers {
  return createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, logger: new RecordingLogger(), ...options })
}

/** Lets everything happen that needs no time. */
async function happen(): Promise<void> {
  await new FakeClock().advance(0)
}

describe('getSnapshot', () => {
  it('is passed on by itself, as subscribe is: that is how user interfaces take them', async () => {
    const triggers = application()
    const { subscribe, getSnapshot } = triggers.manager('session')
    const seen: number[] = []

    const stop = subscribe(() => void seen.push(getSnapshot().version))
    await happen()
    await triggers.manager('session').updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    stop()

    expect([...seen, getSnapshot().tasks.length]).toEqual([0, 1, 1])
  })

  it('gives the same object until a new version is seen, and then a new one', async () => {
    const triggers = application()
    const manager = triggers.manager('session')
    const stop = manager.subscribe(() => undefined)
    await happen()

    const empty = manager.getSnapshot()
    expect(manager.getSnapshot()).toBe(empty)
    await manager.updateConfiguration({ t_task: { after: ['go', 'then'], unless: ['stop'], run: 'app.task' } })
    const configured = manager.getSnapshot()
    expect(manager.getSnapshot()).toBe(configured)
    await manager.fire('go')
    const fired = manager.getSnapshot()
    stop()

    expect([empty.version, configured.version, fired.version]).toEqual([0, 1, 2])
    expect(fired).toMatchObject({
      uid: 'session',
      tasks: [{ name: 't_task', instances: 1, unresolved: true }],
      unresolved: [{ name: 't_task#0', task: 't_task', status: 'unstarted', waitsFor: ['then'] }],
      firedTriggers: ['go'],
    })
    expect([empty.tasks, configured.unresolved]).toEqual([[], []])
  })

  it('is still what was last seen once the application is closed', async () => {
    const triggers = application()
    const manager = triggers.manager('session')
    await manager.fire('go')

    await triggers.close()

    expect([manager, triggers.session('session')].map((view) => view.getSnapshot().firedTriggers)).toEqual([['go'], ['go']])
  })

  it('is immutable to its depths, and so keeps the engine from harm', async () => {
    const triggers = application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go', 'then'], run: 'app.task', withParams: { go: { list: [{}] } } } })
    await manager.fire('go')

    const { tasks, unresolved } = manager.getSnapshot()

    expect(() => (tasks[0]?.configuration.after as string[]).push('spoiled')).toThrow(TypeError)
    expect(() => Object.assign(tasks[0]?.configuration.withParams['go'] as object, { spoiled: true })).toThrow(TypeError)
    expect(() => (unresolved[0]?.waitsFor as string[]).pop()).toThrow(TypeError)
    expect(await manager.updateConfiguration({ t_task: { after: ['then'], run: 'app.task' } })).toMatchObject({ tasks: ['t_task'] })
  })

  it('stays as it was when a change is refused', async () => {
    const storage = memoryStorage()
    const triggers = application({ storage })
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    const before = manager.getSnapshot()
    storage.commit = () => Promise.reject(new TriggerkitError('StorageRefused', 'Full.'))

    await expect(manager.fire('go')).rejects.toMatchObject({ code: 'StorageRefused' })
    expect(manager.getSnapshot()).toBe(before)
  })
})

describe('what changes nothing', () => {
  it.each([
    ['a command that is refused', (manager: TriggerManager) => manager.replayFailedInstance('t_task#0').catch(() => undefined)],
    ['a firing that is known', (manager: TriggerManager) => manager.fire('go', {}, { id: 'once' })],
    ['a transaction without commands', (manager: TriggerManager) => manager.transaction(() => undefined)],
  ])('calls nobody back, and hides the session from nobody: %s', async (_what, act) => {
    const triggers = application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_task: { after: ['go', 'then'], run: 'app.task' } })
    await manager.fire('go', {}, { id: 'once' })
    const listener = vi.fn()
    manager.subscribe(listener)
    await happen()
    listener.mockClear()

    const done = act(manager)
    const versions = new Set<number>()
    for (let step = 0; step < 50; step += 1) {
      versions.add(triggers.session('session').getSnapshot().version)
      await Promise.resolve()
    }
    await done
    await happen()

    expect([listener.mock.calls, [...versions]]).toEqual([[], [2]])
  })
})

describe('subscribe', () => {
  it.each([
    ['throws', (): never => { throw new Error('It failed.') }],
    ['rejects', (): unknown => Promise.reject(new Error('It failed.'))],
  ])('logs it where a listener %s', async (_what, listener) => {
    const logger = new RecordingLogger()
    const manager = application({ logger }).manager('session')
    const stop = manager.subscribe(listener)

    await manager.fire('go')
    await manager.metadata()
    stop()

    expect(logger.alarms).toContain('A listener failed; the session is not affected.')
  })

  it('calls back for each new version, until it is ended', async () => {
    const manager = application().manager('session')
    let calls = 0
    const stop = manager.subscribe(() => void (calls += 1))
    await happen()
    calls = 0

    await manager.fire('a')
    await manager.fire('b')
    const seen = calls
    stop()
    await manager.fire('c')
    await happen()

    expect([seen, calls]).toEqual([2, 2])
  })

  it('tells what another process changes, where the storage can watch', async () => {
    const storage = memoryStorage()
    const [here, there] = [application({ storage }), application({ storage })]
    const session = here.session('session')
    const versions: number[] = []
    const stop = session.subscribe(() => void versions.push(session.getSnapshot().version))
    await happen()

    await there.manager('session').fire('a')
    await there.manager('session').fire('b')
    await happen()
    stop()
    await there.manager('session').fire('c')
    await happen()

    expect([versions.at(-1), session.getSnapshot().firedTriggers]).toEqual([2, ['a', 'b']])
  })

  it('loads nothing again for commits of its own', async () => {
    const storage = memoryStorage()
    const loads = vi.spyOn(storage, 'load')
    const manager = application({ storage }).manager('session')
    manager.subscribe(() => undefined)
    await happen()
    loads.mockClear()

    await manager.fire('a')
    await manager.fire('b')
    await happen()

    expect([manager.getSnapshot().version, loads.mock.calls]).toEqual([2, []])
  })

  it('shows what another process commits before the answer to a commit of its own has come', async () => {
    const storage = memoryStorage()
    const [here, there] = [application({ storage }), application({ storage: storage })]
    const manager = here.manager('session')
    manager.subscribe(() => undefined)
    await happen()
    const commit = storage.commit.bind(storage)
    vi.spyOn(storage, 'commit').mockImplementationOnce(async (...given) => {
      const answer = await commit(...given)
      await there.manager('session').fire('b')
      return answer
    })

    await manager.fire('a')
    await happen()

    expect([manager.getSnapshot().version, manager.getSnapshot().firedTriggers]).toEqual([2, ['a', 'b']])
  })

  it('looks once more, and not once for each, where much is committed elsewhere during a look', async () => {
    const storage = memoryStorage()
    const there = application({ storage }).manager('session')
    const here = memoryStorage()
    const answers: (() => void)[] = []
    const load = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)).then(() => storage.load('session')))
    Object.assign(here, { load, watch: (uid: string, listener: () => void) => storage.watch(uid, listener) })
    const session = application({ storage: here }).session('session')
    session.subscribe(() => undefined)
    await happen()
    for (let firing = 0; firing < 20; firing += 1) await there.fire('a')

    while (answers.length > 0) {
      answers.shift()?.()
      await happen()
    }

    expect([session.getSnapshot().version, load.mock.calls.length]).toEqual([20, 2])
  })

  it('looks again, after growing pauses, while it cannot be read', async () => {
    const storage = memoryStorage()
    const logger = new RecordingLogger()
    const clock = new FakeClock()
    const away = memoryStorage()
    const load = vi.fn((): ReturnType<Storage['load']> => Promise.reject(new Error('away')))
    Object.assign(away, { load, watch: undefined })
    const session = application({ storage: away, logger, clock }).session('session')
    await application({ storage }).manager('session').fire('a')
    const stop = session.subscribe(() => undefined)
    await clock.advance(10_000)
    const { length: failed } = load.mock.calls

    load.mockImplementation(() => storage.load('session'))
    await clock.advance(5_000)
    stop()

    expect([failed, session.getSnapshot().version]).toEqual([5, 1])
    expect(logger.alarms).toHaveLength(1)
  })

  it('shows a session that comes along with the news of it, and loads it where it does not, or has another incarnation', async () => {
    const storage = memoryStorage()
    const bringing = memoryStorage()
    const told: Parameters<NonNullable<Storage['watch']>>[1][] = []
    Object.assign(bringing, { load: vi.fn(storage.load.bind(storage)), watch: (_uid: string, listener: (typeof told)[0]) => void told.push(listener) })
    const session = application({ storage: bringing }).session('session')
    const manager = application({ storage }).manager('session')
    const bring = async (): Promise<readonly unknown[]> => {
      const stored = (await storage.load('session')).session as StoredSession
      vi.mocked(bringing.load).mockClear()
      told[0]?.(stored.version, stored)
      await happen()
      return [session.getSnapshot().version, vi.mocked(bringing.load).mock.calls.length]
    }
    await manager.fire('a')
    session.subscribe(() => undefined)
    await happen()

    await manager.fire('b')
    const brought = await bring()
    const known = await bring()
    await storage.delete('session')
    await manager.fire('c')
    const anew = await bring()

    expect([brought, known, anew]).toEqual([[2, 0], [2, 0], [1, 1]])
  })

  it('tells that a session is gone', async () => {
    const triggers = application()
    const manager = triggers.manager('session')
    const versions: number[] = []
    manager.subscribe(() => void versions.push(manager.getSnapshot().version))
    await manager.fire('a')

    await triggers.delete('session')
    await happen()

    expect([versions.at(-1), manager.getSnapshot().firedTriggers]).toEqual([0, []])
  })

  it('tells that a session is gone also where the storage cannot watch', async () => {
    const storage = memoryStorage()
    Object.assign(storage, { watch: undefined })
    const triggers = application({ storage })
    const manager = triggers.manager('session')
    manager.subscribe(() => undefined)
    await manager.fire('a')
    const before = manager.getSnapshot().version

    await triggers.delete('session')
    await happen()

    expect([before, manager.getSnapshot().version]).toEqual([1, 0])
  })

  it('warns when the session cannot be read, and goes on', async () => {
    const storage = memoryStorage()
    const logger = new RecordingLogger()
    const load = storage.load.bind(storage)
    storage.load = () => Promise.reject(new Error('away'))
    const manager = application({ storage, logger }).manager('session')

    manager.subscribe(() => undefined)
    await happen()
    storage.load = load
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })

    expect(logger.alarms).toEqual(['A watched session could not be read; it will be tried again.'])
    expect(manager.getSnapshot().version).toBe(1)
  })
})
