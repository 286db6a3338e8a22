import type { Storage } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask, TriggerManager } from './index.js'
import type { TriggersOptions } from './index.js'

function newWorld(): World {
  const store = new MemoryStore()
  return new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
}

const count = defineTask('app.count', () => undefined)
const options: Partial<TriggersOptions> = { tasks: [count] }
const each = { t_count: { after: [], andEvery: 'page', run: 'app.count' } }

describe('a group of commands', () => {
  it('enters at most two changes if sixteen fires come at once', async () => {
    const { triggers, storage } = newWorld().process(options)
    const manager = triggers.manager('s')
    await manager.updateConfiguration(each)

    await Promise.all(Array.from({ length: 16 }, () => manager.fire('page')))

    expect(storage.committed.length - 1).toBeLessThanOrEqual(2)
  })

  it('answers each command by what it did itself, and leaves no gap in the versions', async () => {
    const { triggers, storage } = newWorld().process(options)
    const manager = triggers.manager('s')
    await manager.updateConfiguration(each)

    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => manager.fire('page', { n })))

    expect(answers.map(({ created }) => created)).toEqual(answers.map((_, n) => [`t_count#${n}`]))
    expect(storage.committed.map(({ change }) => change.expect.number)).toEqual(storage.committed.map((_, n) => n))
    expect(storage.committed.length).toBeLessThan(10)
  })

  it('takes what comes while a commit is under way into the next change', async () => {
    const { triggers, storage } = newWorld().process(options)
    const manager = triggers.manager('s')
    await manager.updateConfiguration(each)
    const release = storage.hold('commit')

    const first = manager.fire('page')
    await new Promise((resolve) => setTimeout(resolve, 0))
    const others = Array.from({ length: 50 }, () => manager.fire('page'))
    release()
    await Promise.all([first, ...others])

    expect(storage.committed).toHaveLength(3)
  })

  it('rejects a bad command alone', async () => {
    const { triggers, storage } = newWorld().process(options)
    const manager = triggers.manager('s')
    await manager.updateConfiguration(each)

    const answers = await Promise.allSettled([manager.fire('page'), manager.cancelInstance('t_count#99'), manager.fire('page')])

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(answers[1]).toMatchObject({ reason: { code: 'UnknownInstance' } })
    expect(storage.committed).toHaveLength(2)
  })

  it('divides when the storage refuses it, so that one oversized command takes no other with it', async () => {
    const store = new MemoryStore()
    const world = new World({ open: (now) => memoryStorage({ store, now, maxBytes: 5_000 }), runner: () => inlineRunner() })
    const { triggers } = world.process(options)
    const manager = triggers.manager('s')
    await manager.updateConfiguration(each)

    const answers = await Promise.allSettled([manager.fire('a'), manager.fire('b', { big: 'x'.repeat(10_000) }), manager.fire('c')])

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(answers[1]).toMatchObject({ reason: { code: 'StorageRefused' } })
    expect((await manager.metadata()).firedTriggers).toEqual(['a', 'c'])
  })

  it('refuses what exceeds the queue, and nothing else', async () => {
    const { triggers } = newWorld().process({ ...options, maxQueue: 3 })
    const manager = triggers.manager('s')

    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => manager.fire('page')))

    expect(answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'done'))).toEqual([
      'done', 'done', 'done', 'Overloaded', 'Overloaded',
    ])
  })

  it('takes the outcome of an execution however much is queued', async () => {
    const world = newWorld()
    let end = (): void => undefined
    const slow = defineTask('app.slow', () => new Promise<void>((resolve) => (end = resolve)))
    const { triggers, storage, logger } = await world.started({ tasks: [slow], maxQueue: 1 })
    const manager = triggers.manager('s')
    await manager.updateConfiguration({ t_slow: { after: ['go'], run: 'app.slow' } })
    await manager.fire('go')
    await world.settle()
    const release = storage.hold('commit')
    const fires = [manager.fire('page')]
    await world.settle()
    fires.push(manager.fire('page'))

    end()
    await world.settle()
    release()
    await Promise.all(fires)
    await world.settle()

    expect(await manager.instance('t_slow#0')).toMatchObject({ status: 'finished', attempt: 1 })
    expect(logger.alarms).toEqual([])
  })
})

describe('the first command of a session', () => {
  it('brings the default configuration in its own commit', async () => {
    const { triggers, storage } = newWorld().process({ ...options, configuration: each })

    const { created } = await triggers.manager('s').fire('page')

    expect(created).toEqual(['t_count#0'])
    expect(storage.committed).toHaveLength(1)
  })

  it('makes no session if it changes nothing', async () => {
    const { triggers, storage } = newWorld().process({ ...options, configuration: each })

    await triggers.manager('s').transaction(() => undefined)
    const report = await triggers.execute({
      id: 't-x', storage: 'memory', manager: 'default', uid: 's', incarnation: 'gone', instance: 't_count#0',
      task: 't_count', run: 'app.count', runner: 'inline', round: 1, attempt: 1, notBefore: null,
    })

    expect(report).toEqual({ outcome: 'dropped' })
    expect(storage.presented).toEqual([])
  })

  it('records a firing without configuration, and says so', async () => {
    const { triggers, logger } = newWorld().process(options)
    const manager = triggers.manager('s')

    const { configured } = await manager.fire('page', { n: 1 })

    expect(configured).toBe(false)
    expect(await manager.latestKwargs()).toEqual({ page: { n: 1 } })
    expect(logger.alarms).toEqual([expect.stringContaining('without configuration')])
  })

  it('binds the session to its manager', async () => {
    class Other extends TriggerManager {}
    const { triggers } = newWorld().process({ ...options, managers: { other: Other } })
    await triggers.manager('s').fire('page')

    const foreign = triggers.manager('s', { manager: 'other' }).fire('page')

    await expect(foreign).rejects.toMatchObject({ code: 'ManagerMismatch', details: { manager: 'other', owner: 'default' } })
  })
})

describe('two processes', () => {
  it('lose no command to each other', async () => {
    const world = newWorld()
    const [one, two] = [world.process(options), world.process(options)]
    await one.triggers.manager('s').updateConfiguration(each)

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : two).triggers.manager('s').fire('page', { n })),
    )

    expect(new Set(answers.flatMap(({ created }) => created)).size).toBe(40)
    expect(await one.triggers.manager('s').instances()).toHaveLength(40)
  })

  it('apply a command once that met a conflict, on the state of the winner', async () => {
    const world = newWorld()
    const [one, two] = [world.process(options), world.process(options)]
    const [first, second] = [one.triggers.manager('s'), two.triggers.manager('s')]
    await first.updateConfiguration(each)
    await second.fire('unrelated')
    const release = one.storage.hold('commit')

    const slow = first.fire('page')
    await world.settle()
    await second.fire('page')
    release()

    expect((await slow).created).toEqual(['t_count#1'])
    expect(one.storage.presented.map(({ outcome }) => outcome)).toEqual(['committed', 'conflict', 'committed'])
  })

  it('call the body of a transaction again after a conflict', async () => {
    const world = newWorld()
    const [one, two] = [world.process(options), world.process(options)]
    await one.triggers.manager('s').updateConfiguration(each)
    const release = one.storage.hold('commit')
    const seen: boolean[] = []

    const transaction = one.triggers.manager('s').transaction((draft) => {
      seen.push(draft.hasFired('page'))
      return draft.fire('page').created
    })
    await world.settle()
    await two.triggers.manager('s').fire('page')
    release()

    expect(await transaction).toEqual(['t_count#1'])
    expect(seen).toEqual([false, true])
  })

  it('answer nothing by a state that the other has outdated', async () => {
    const world = newWorld()
    const [one, two] = [world.process(options), world.process(options)]
    const [first, second] = [one.triggers.manager('s'), two.triggers.manager('s')]
    await first.updateConfiguration({ t_task: { after: ['go'], run: 'app.count' } })
    await first.createInstance('t_task')
    await second.createInstance('t_task')
    await second.updateInstanceStatus('t_task#0', 'failed')

    const [known, replayed] = [await first.cancelInstance('t_task#1'), await first.replayFailedInstance('t_task#0')]

    expect(known).toMatchObject({ cancelled: true })
    expect(replayed).toEqual({ instance: 't_task#0', clone: 't_task#2' })
  })

  it('refuse nothing by a state that the other has outdated', async () => {
    const world = newWorld()
    const [one, two] = [world.process(options), world.process(options)]
    const [first, second] = [one.triggers.manager('s'), two.triggers.manager('s')]
    await first.updateConfiguration({ t_task: { after: ['go'], run: 'app.count' } })
    await second.createInstance('t_task', { status: 'failed' })

    const skipped = await first.skipFailedInstance('t_task#0')

    expect(skipped).toEqual({ instance: 't_task#0' })
  })

  it('begin a job of the other although the cached state knows nothing of it', async () => {
    const world = newWorld()
    const ran: string[] = []
    const task = defineTask('app.count', ({ instance }) => void ran.push(instance))
    const [one, two] = [world.process({ tasks: [task] }), world.process({ tasks: [task] })]
    await two.triggers.manager('s').updateConfiguration(each)
    await one.triggers.manager('s').fire('page')
    const version = one.storage.committed[0]?.change.expect

    const report = await two.triggers.execute({
      id: 't-1', storage: 'memory', manager: 'default', uid: 's', incarnation: two.storage.committed[0]?.change.expect.incarnation as string,
      instance: 't_count#0', task: 't_count', run: 'app.count', runner: 'inline', round: 1, attempt: 1, notBefore: null,
    })

    expect(version?.number).toBe(1)
    expect([report, ran]).toEqual([{ outcome: 'finished' }, ['t_count#0']])
  })
})

describe('in one process', () => {
  it('two managers of one session lose no update', async () => {
    const { triggers } = newWorld().process(options)
    const [one, two] = [triggers.manager('s'), triggers.manager('s')]
    await one.updateConfiguration({ t_task: { after: ['go'], run: 'app.count' } })
    await one.createInstance('t_task')

    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? one : two).updateInstanceMetadata('t_task#0', { [`m${n}`]: n })))

    expect(Object.keys((await one.instance('t_task#0')).metadata)).toHaveLength(20)
  })

  it('two applications over one store lose no update', async () => {
    const world = newWorld()
    const [one, two] = [await world.started(options), await world.started(options)]
    await one.triggers.manager('s').updateConfiguration(each)

    await Promise.all([one, two].flatMap(({ triggers }) => Array.from({ length: 10 }, () => triggers.manager('s').fire('page'))))
    await Promise.all([one.triggers.idle(), two.triggers.idle()])

    const instances = await two.triggers.session('s').instances()
    expect(instances.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'finished'))
  })
})

describe('an answer of the storage that comes late', () => {
  it('from before the first commit is not taken for the end of the session', async () => {
    let delay: Promise<void> | undefined
    const open = (now: () => number): Storage => {
      const inner = memoryStorage({ now })
      const load = inner.load.bind(inner)
      inner.load = async (uid) => {
        const late = delay
        const answer = await load(uid)
        await late
        return answer
      }
      return inner
    }
    const { triggers } = new World({ open, runner: () => inlineRunner() }).process(options)
    const session = triggers.session('s')
    const shown: number[] = []
    let release = (): void => undefined
    delay = new Promise((resolve) => (release = resolve))

    const unsubscribe = session.subscribe(() => shown.push(session.getSnapshot().version))
    await new Promise((resolve) => setTimeout(resolve, 0))
    delay = undefined
    await triggers.manager('s').updateConfiguration(each)
    release()
    await new Promise((resolve) => setTimeout(resolve, 0))
    unsubscribe()

    // Found by the simulator: the session seemed gone, and with it everything that ran in it was aborted.
    expect(session.getSnapshot().version).toBe(1)
    expect(shown.at(-1)).toBe(1)
  })
})
