import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { createTriggers, defineTask, TriggerManager } from './index.js'
import type { Triggers, TriggersOptions } from './index.js'

function newWorld(): World {
  const store = new MemoryStore()
  return new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
}

const configuration = { t_task: { after: [], andEvery: 'go', run: 'app.task' } }

/** So many tasks that wait for one trigger. */
function wide(count: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`t_${n}`, { after: ['go'], run: 'app.task' }]))
}

/** A started process whose task runs until the test ends it, and the fire that began it. */
async function running(options: Partial<TriggersOptions> = {}) {
  const world = newWorld()
  const ends: (() => void)[] = []
  const signals: AbortSignal[] = []
  const task = defineTask('app.task', ({ signal }) => {
    signals.push(signal as AbortSignal)
    return new Promise<void>((resolve) => ends.push(resolve))
  })
  const process = await world.started({ tasks: [task], ...options })
  const manager = process.triggers.manager('s')
  await manager.updateConfiguration(configuration)
  await manager.fire('go')
  await world.settle()
  return { world, ends, signals, task, manager, ...process }
}

describe('closing', () => {
  it('waits for what runs, keeps its lease meanwhile, and records the outcome', async () => {
    const { world, ends, task, triggers, clock } = await running()
    const other = await world.started({ tasks: [task] })
    let closed = false

    const closing = triggers.close().then(() => (closed = true))
    await world.advance(60_000)
    const early = closed
    ends[0]?.()
    await world.settle()
    await closing

    expect([early, closed, ends.length, clock.pending]).toEqual([false, true, 1, 0])
    expect((await other.triggers.session('s').instances()).map(({ status }) => status)).toEqual(['finished'])
  })

  it('without draining aborts what runs, and leaves it to others at once', async () => {
    const { world, ends, signals, task, triggers, clock } = await running()
    const other = await world.started({ tasks: [task] })

    await triggers.close({ drain: false })
    const { pending } = clock
    await world.advance(9_000)
    ends[1]?.()
    await world.settle()

    expect([signals[0]?.aborted, pending]).toEqual([true, 0])
    expect((await other.triggers.session('s').instances()).map(({ status }) => status)).toEqual(['finished'])
  })

  it('that drains can be hurried', async () => {
    const { triggers, signals } = await running()

    const draining = triggers.close()
    await triggers.close({ drain: false })
    await draining

    expect(signals[0]?.aborted).toBe(true)
  })

  it('leaves what a drained task cascades to another process, without a failed hand-over', async () => {
    const { world, ends, task, manager, triggers, logger } = await running()
    await manager.updateConfiguration({ t_next: { after: ['t_task'], run: 'app.task' } })
    const closing = triggers.close()
    ends[0]?.()
    await world.settle()
    await closing

    const other = await world.started({ tasks: [task] })
    await world.settle()

    expect(logger.alarms).toEqual([])
    expect(ends).toHaveLength(2)
    expect((await other.triggers.session('s').instance('t_next#0')).status).toBe('running')
  })

  it('refuses commands at once and for good, but lets a running task give its own', async () => {
    const world = newWorld()
    let go = (): void => undefined
    const task = defineTask('app.task', async ({ manager }) => {
      await new Promise<void>((resolve) => (go = resolve))
      await manager.fire('from the task')
    })
    const { triggers } = await world.started({ tasks: [task] })
    const manager = triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')
    await world.settle()

    const closing = triggers.close()
    const during = manager.fire('go')
    await expect(during).rejects.toMatchObject({ code: 'Closed' })
    go()
    await world.settle()
    await closing

    await expect(manager.fire('go')).rejects.toMatchObject({ code: 'Closed' })
    await expect(triggers.start()).rejects.toMatchObject({ code: 'Closed' })
    expect((await world.process().triggers.session('s').metadata()).firedTriggers).toContain('from the task')
  })

  it('lets the hooks of what drains give their commands', async () => {
    class Following extends TriggerManager {
      protected override async postFire(trigger: string): Promise<void> {
        if (trigger === 't_task') await this.fire('followed')
        if (trigger === 'followed') await this.transaction((transaction) => transaction.fire('followed further'))
      }
    }
    const { world, ends, triggers, logger } = await running({ managers: { following: Following }, manager: 'following' })

    const closing = triggers.close()
    ends[0]?.()
    await world.settle()
    await closing

    expect((await world.process().triggers.session('s').metadata()).firedTriggers).toEqual(['go', 't_task', 'followed', 'followed further'])
    expect(logger.alarms).toEqual([])
  })

  it.each([true, false])('settles the commands that were taken (drain: %s)', async (drain) => {
    const world = newWorld()
    const { triggers, storage } = world.process()
    const release = storage.hold('commit')
    const fired = Promise.all([1, 2, 3].map((n) => triggers.manager('s').fire('go', { n })))
    await world.settle()

    let closed = false
    const closing = triggers.close({ drain }).then(() => (closed = true))
    await world.settle()
    const early = closed
    release()
    await closing

    expect(early).toBe(false)
    expect((await fired).map(({ duplicate }) => duplicate)).toEqual([false, false, false])
    expect((await world.process().triggers.session('s').metadata()).firedTriggers).toEqual(['go'])
  })

  it('ends with OutcomeUnknown what was presented and is not known', async () => {
    const { world, triggers, storage, ends, clock } = await running()
    storage.always = 'reply lost'
    const fired = triggers.manager('s').fire('go')
    fired.catch(() => undefined)
    ends[0]?.()
    await world.settle()

    const closing = triggers.close()
    await world.advance(60_000)
    await closing

    await expect(fired).rejects.toMatchObject({ code: 'OutcomeUnknown' })
    expect(clock.pending).toBe(0)
  })

  it('ends although storage and runner throw at once when they are closed', async () => {
    const fail = (): never => {
      throw new Error('It is gone already.')
    }
    const { triggers, clock, logger } = await newWorld().started({ storage: Object.assign(memoryStorage(), { close: fail }), runners: { inline: Object.assign(inlineRunner(), { close: fail }) } })

    await triggers.close()

    expect([clock.pending, logger.alarms]).toEqual([0, ['A runner could not be closed.', 'The storage could not be closed.']])
  })

  it('can be done twice, and before anything was done', async () => {
    const { triggers, clock } = newWorld().process()

    await Promise.all([triggers.close(), triggers.close()])
    await triggers.close()

    expect(clock.pending).toBe(0)
  })

  it('is what the end of an `await using` block does', async () => {
    const world = newWorld()
    const process = await world.started()
    {
      await using triggers = process.triggers
      await triggers.manager('s').fire('go')
    }

    await expect(process.triggers.manager('s').fire('go')).rejects.toMatchObject({ code: 'Closed' })
    const owners = [...(await world.process().storage.owners()).owners.keys()]
    expect([owners, process.clock.pending]).toEqual([[], 0])
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('It is stuck.'))],
    ['throws', () => {
      throw new Error('It is stuck.')
    }],
  ])('releases the storage although the closing of a runner %s', async (_how, close) => {
    const runner = { ...inlineRunnerPort(), close }
    const { triggers, storage, logger } = await newWorld().started({ runners: { inline: runner } })

    await triggers.close()

    expect(storage.calls.close).toBe(1)
    expect(logger.alarms).toContain('A runner could not be closed.')
  })
})

describe('starting', () => {
  it('is done once, however often it is asked for', async () => {
    const { triggers, storage } = newWorld().process()

    await Promise.all([triggers.start(), triggers.start()])
    await triggers.start()

    expect(storage.calls.heartbeat).toBe(1)
  })

  it('can be repeated when the storage was out of reach', async () => {
    const { triggers, storage } = newWorld().process({ tasks: [defineTask('app.task', () => undefined)] })
    storage.fail('heartbeat', 'unsent')

    await expect(triggers.start()).rejects.toMatchObject({ code: 'StorageUnavailable' })
    await triggers.start()
    const manager = triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')
    await triggers.idle()

    expect((await manager.instance('t_task#0')).status).toBe('finished')
  })

  it('needs a storage', () => {
    expect(() => createTriggers({ runners: {} } as never)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  })
})

describe('idle', () => {
  it('waits for cascades across runners, as often as it is asked', async () => {
    const world = newWorld()
    const task = defineTask('app.task', () => undefined)
    const runners = { one: inlineRunner({ key: 'one' }), two: inlineRunner({ key: 'two' }) }
    const { triggers } = await world.started({ tasks: [task], runners })
    const manager = triggers.manager('s')
    const using = (n: number): string => (n % 2 ? 'one' : 'two')
    await manager.updateConfiguration(
      Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`t_${n}`, { after: [n === 0 ? 'go' : `t_${n - 1}`], run: 'app.task', using: using(n) }])),
    )

    for (let round = 1; round <= 2; round += 1) {
      void manager.fire('go')
      await triggers.idle()
    }

    expect((await manager.instances()).map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'finished'))
  })

  it('waits for cooling retries', async () => {
    const world = newWorld()
    const task = defineTask('app.task', (context) => {
      if (context.depth < 2) throw context.retry({ cooldown: '20s' })
    })
    const { triggers } = await world.started({ tasks: [task] })
    const manager = triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')
    let idle = false

    void triggers.idle().then(() => (idle = true))
    await world.advance(39_000)
    const early = idle
    await world.advance(2_000)

    expect([early, idle]).toEqual([false, true])
    expect((await manager.instances()).map(({ status }) => status)).toEqual(['replayed', 'replayed', 'finished'])
  })
})

describe('settled', () => {
  it.each([
    ['cancelled here', (here: Triggers) => here.manager('s').cancelInstance('t_task#1')],
    ['cancelled elsewhere', (here: Triggers, there: Triggers) => there.manager('s').cancelInstance('t_task#1').then(() => here.manager('s').fire('news'))],
    ['deleted with its session', (here: Triggers) => here.delete('s')],
  ])('does not wait for a cooling retry that was %s', async (_what, end) => {
    const world = newWorld()
    const task = defineTask('app.task', (context) => {
      throw context.retry({ cooldown: '1h' })
    })
    const { triggers: here } = await world.started({ tasks: [task] })
    const { triggers: there } = world.process({ tasks: [task] })
    await here.manager('s').updateConfiguration(configuration)
    await here.manager('s').fire('go')
    await world.settle()
    let idle = false
    void here.idle().then(() => (idle = true))
    await world.settle()
    const early = idle

    await end(here, there)
    await world.settle()

    expect([early, idle]).toEqual([false, true])
  })

  it('waits for cascades and cooling retries, also where another process runs them', async () => {
    const world = newWorld()
    const task = defineTask('app.task', (context) => {
      if (context.depth === 0) throw context.retry({ cooldown: '5s' })
    })
    await world.started({ tasks: [task] })
    const watcher = world.process({ tasks: [task] })
    const manager = watcher.triggers.manager('s')
    await manager.updateConfiguration({ ...configuration, t_next: { after: ['t_task'], run: 'app.task' } })
    await manager.fire('go')
    let settled = false

    const waiting = watcher.triggers.settled('s').then(() => (settled = true))
    await world.advance(9_000)
    const early = settled
    await world.advance(5_000)
    await waiting

    expect([early, settled]).toEqual([false, true])
    expect((await manager.instances()).map(({ status }) => status)).toEqual(['replayed', 'finished', 'replayed', 'finished'])
  })

  it('rejects after its time with the names of what is under way', async () => {
    const { world, triggers } = await running()

    const waiting = triggers.settled('s', { timeout: '3s' })
    waiting.catch(() => undefined)
    await world.advance(3_500)

    await expect(waiting).rejects.toMatchObject({
      code: 'SettleTimeout', details: { uid: 's', underWay: ['t_task#0 (running)'] }, message: expect.stringContaining('t_task#0 (running)'),
    })
  })

  it('does not load what its own process commits meanwhile', async () => {
    const { triggers, storage } = await newWorld().started({ tasks: [defineTask('app.task', () => undefined)] })
    const manager = triggers.manager('s')
    await manager.updateConfiguration(wide(100))
    await manager.fire('go')
    const { commit = 0, load = 0 } = storage.calls

    await triggers.settled('s')

    expect(storage.calls.commit).toBeGreaterThan(commit + 10)
    expect(storage.calls.load).toBeLessThanOrEqual(load + 1)
  })

  it('looks again at once when another process tells of a change', async () => {
    const { world, ends, manager } = await running()
    const watcher = world.process()
    const waiting = watcher.triggers.settled('s')
    await world.settle()

    ends[0]?.()
    await waiting

    expect((await manager.instance('t_task#0')).status).toBe('finished')
  })

  it('waits for what was fired in the same breath, and for a command of which nothing comes', async () => {
    const { triggers, storage } = await newWorld().started({ tasks: [defineTask('app.task', () => undefined)] })
    const manager = triggers.manager('s')
    await manager.updateConfiguration(configuration)

    void manager.fire('go')
    await triggers.settled('s')
    const release = storage.hold('load')
    const idle = manager.transaction(() => undefined)
    const waiting = triggers.settled('s')
    release()
    await Promise.all([idle, waiting])

    expect((await manager.instance('t_task#0')).status).toBe('finished')
  })

  it('names only some of very many that are under way', async () => {
    const { world, triggers } = await running()
    await triggers.manager('s').updateConfiguration(wide(2_000))
    await triggers.manager('s').fire('go')

    const waiting = triggers.settled('s', { timeout: 10 }).catch((error: unknown) => error)
    await world.advance(10)

    expect(((await waiting) as Error).message).toMatch(/ms\. Still under way: t_task#0 \(running\), t_0#0 \(\w+\), .*, …\. Was/)
    expect(((await waiting) as Error).message.length).toBeLessThan(1_000)
  })

  it('has nothing to wait for in a session that does not exist', async () => {
    await newWorld().process().triggers.settled('nowhere')
  })

  it('leaves no timer behind when the triggers are closed meanwhile', async () => {
    const { world, triggers, clock } = await running()
    const waiting = triggers.settled('s')
    waiting.catch(() => undefined)
    await world.settle()

    await triggers.close({ drain: false })
    await world.settle()

    await expect(waiting).rejects.toMatchObject({ code: 'Closed' })
    expect(clock.pending).toBe(0)
  })
})

describe('a storage clock that jumps', () => {
  it.each([-600_000, 600_000])('by %s ms loses nothing, and nothing hangs', async (jump) => {
    const world = newWorld()
    const task = defineTask('app.task', (context) => {
      if (context.depth === 0) throw context.retry({ cooldown: '5s' })
    })
    const { triggers } = await world.started({ tasks: [task] })
    const manager = triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')
    await world.advance(1_000)

    world.skew = jump
    await manager.fire('go')
    await world.advance(11 * 60_000)

    const instances = await manager.instances()
    expect(instances.map(({ status }) => status).sort()).toEqual(['finished', 'finished', 'replayed', 'replayed'])
    for (const { timestamps } of instances) expect(timestamps.lastModified).toBeGreaterThanOrEqual(timestamps.created)
  })
})

function inlineRunnerPort() {
  const runner = inlineRunner()
  return {
    key: runner.key,
    capabilities: runner.capabilities,
    dispatch: runner.dispatch.bind(runner),
    start: runner.start.bind(runner),
    cancel: runner.cancel.bind(runner),
    idle: runner.idle.bind(runner),
    close: runner.close.bind(runner),
  }
}
