import type { Runner } from '@triggerkit/contracts'
import { defineTask, systemClock, TriggerManager } from '@triggerkit/engine'
import type { Command, Event, TaskContext, TriggersOptions } from '@triggerkit/engine'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { assertInstanceFinished, assertInstanceMissing, createTestbed, devNull, exampleTasks, faultyStorage, passThrough, VirtualClock } from './index.js'

const configuration = { t_any: { after: ['x'], run: () => undefined } }

describe('a testbed', () => {
  it('has a session of its own for each test', async () => {
    const store = new MemoryStore()
    const storage = (now: () => number) => memoryStorage({ now, store })
    await using first = await createTestbed({ storage, configuration })
    await using second = await createTestbed({ storage, configuration })

    await first.manager.fire('x')

    expect(first.uid).not.toBe(second.uid)
    expect((await first.manager.metadata()).exists).toBe(true)
    expect((await second.manager.metadata()).exists).toBe(false)
  })

  it('takes a uid, and makes further sessions', async () => {
    await using bed = await createTestbed({ uid: 'survey:1' })

    const [other, named] = [bed.newManager(), bed.newManager({ uid: 'survey:2' })]

    expect([bed.uid, bed.manager.uid, named.uid]).toEqual(['survey:1', 'survey:1', 'survey:2'])
    expect(other.uid).toMatch(/^test:[0-9a-f]{24}$/)
  })

  it('runs everything in this process, whatever runner the options name', async () => {
    const brokenRunner = { dispatch: () => Promise.reject(new Error('A broker is needed.')) }
    class Elsewhere extends TriggerManager {
      static override readonly defaultRunner: string = 'lambda'
    }
    const configuration = { t_x: { after: ['x'], run: 'passThrough', using: 'bullmq' } }
    const options = { runners: { redis: brokenRunner }, runner: 'redis', managers: { elsewhere: Elsewhere }, manager: 'elsewhere', configuration }
    await using bed = await createTestbed({ ...options, tasks: exampleTasks })

    await bed.manager.updateConfiguration({ t_y: { after: ['x'], run: 'devNull' }, t_z: { after: ['x'], run: 'devNull', using: 'redis' } })
    await bed.manager.fire('x', { page: 1 })
    await bed.drain()

    await assertInstanceFinished(bed.manager, 't_x#0', { kwargs: { x: { page: 1 } } })
    await assertInstanceFinished(bed.manager, 't_y#0')
    await assertInstanceFinished(bed.manager, 't_z#0')
    expect((await bed.manager.task('t_x')).configuration.using).toBe('bullmq')
    expect(bed.manager).toBeInstanceOf(Elsewhere)
    expect(bed.manager.constructor.name).toBe('Elsewhere')
  })

  it('leaves out a runner key that comes up later, in an update, a list and a transaction', async () => {
    await using bed = await createTestbed({ tasks: exampleTasks })

    await bed.manager.updateConfiguration({ t_a: { after: ['x'], run: 'devNull', using: 'bullmq', note: 'kept' } })
    await bed.manager.updateConfiguration([['t_b', { after: ['x'], run: 'devNull', using: 'bullmq' }]])
    await bed.manager.transaction((draft) => draft.updateConfiguration({ t_c: { after: ['x'], run: 'devNull', using: 'bullmq' } }))
    await bed.manager.fire('x')
    await bed.drain()

    for (const name of ['t_a#0', 't_b#0', 't_c#0']) await assertInstanceFinished(bed.manager, name)
    expect((await bed.manager.task('t_a')).configuration).toMatchObject({ using: null, extras: { note: 'kept' } })
  })

  it('runs in this process what a reaction configures for another runner', async () => {
    class Configuring extends TriggerManager {
      static override readonly react = (events: readonly Event[]): readonly Command[] => {
        const task = { after: ['x'], andEvery: null, unless: [], withParams: {}, run: 'devNull', using: 'bullmq', extras: {} }
        return events.some((event) => event.type === 'fired' && event.trigger === 'x') ? [{ type: 'configure', tasks: [['t_a', task]], catchUp: true }] : []
      }
    }
    await using bed = await createTestbed({ tasks: exampleTasks, managers: { configuring: Configuring }, manager: 'configuring' })

    await bed.manager.fire('x')
    await bed.drain()

    await assertInstanceFinished(bed.manager, 't_a#0')
  })

  it('takes a Map and a workflow, with whatever runners they name', async () => {
    const configuration = new Map([['t_x', { after: ['x'], run: () => ({ x: 1 }), using: 'bullmq' }]])
    const workflow = { triggers: {}, tasks: { t_x: { after: ['x'], run: 'devNull', using: 'bullmq' } } }
    await using first = await createTestbed({ configuration })
    await using second = await createTestbed({ workflow, tasks: exampleTasks })

    await first.manager.fire('x')
    await second.manager.fire('x')
    await first.manager.updateConfiguration(new Map([['t_y', { after: ['x'], run: devNull, using: 'redis' }]]))
    await Promise.all([first.drain(), second.drain()])

    await assertInstanceFinished(first.manager, 't_x#0', { x: 1 })
    await assertInstanceFinished(first.manager, 't_y#0')
    await assertInstanceFinished(second.manager, 't_x#0')
  })

  it('leaves what will not do to the engine to refuse', async () => {
    await using bed = await createTestbed()

    const updates = [7, [7], { t_a: 7 }, { t_a: { after: ['x'], run: 7 } }, { t_a: { after: ['x'], run: 'devNull', using: 7 } }]

    for (const update of updates) await expect(bed.manager.updateConfiguration(update)).rejects.toMatchObject({ code: 'InvalidConfiguration' })
    await expect(createTestbed({ configuration: { t_a: 7 } })).rejects.toMatchObject({ code: 'InvalidConfiguration' })
  })

  it('registers task functions and one-off bodies that a configuration gives as run', async () => {
    const shared = defineTask('app.shared', () => ({ shared: true }))
    const seen: string[] = []
    const body = ({ task }: TaskContext): unknown => seen.push(task)
    await using bed = await createTestbed({ configuration: { t_first: { after: ['x'], run: body } } })

    await bed.manager.updateConfiguration({ t_task: { after: ['x'], run: shared }, t_again: { after: ['x'], run: body }, t_named: { after: ['x'], run: bed.task(() => ({ named: 1 })) } })
    await bed.manager.fire('x')
    await bed.drain()

    await assertInstanceFinished(bed.manager, 't_task#0', { shared: true })
    await assertInstanceFinished(bed.manager, 't_named#0', { named: 1 })
    expect(seen).toEqual(['t_first', 't_again'])
    expect((await bed.manager.tasks()).map(({ configuration }) => configuration.run)).toEqual(['one-off 1', 'app.shared', 'one-off 1', 'one-off 2'])
  })

  it('refuses two task functions of one name', async () => {
    await using bed = await createTestbed({ tasks: [devNull] })

    const update = bed.manager.updateConfiguration({ t_a: { after: ['x'], run: defineTask('devNull', () => ({})) } })

    await expect(update).rejects.toMatchObject({ code: 'DuplicateKey' })
  })

  it('shares a clock and a store with another testbed', async () => {
    const [clock, store] = [new VirtualClock(), new MemoryStore()]
    const parts = { clock, storage: (now: () => number) => memoryStorage({ now, store }), uid: 'shared', tasks: exampleTasks }
    await using first = await createTestbed(parts)
    await using second = await createTestbed(parts)

    await first.manager.updateConfiguration({ t_x: { after: ['x'], run: passThrough } })
    await second.manager.fire('x')
    await second.drain()

    expect(first.clock).toBe(clock)
    await assertInstanceFinished(first.manager, 't_x#0')
  })

  it("takes an application's own options", async () => {
    const application: TriggersOptions = { storage: memoryStorage(), runners: { broken: { key: 'broken' } as Runner }, tasks: exampleTasks, configuration }
    const { storage: _, ...others } = application
    await using lasting = await createTestbed(application)
    await using bed = await createTestbed(others)

    for (const { manager } of [lasting, bed]) await manager.fire('x')
    for (const each of [lasting, bed]) await each.drain()

    for (const { manager } of [lasting, bed]) await assertInstanceFinished(manager, 't_any#0')
    expect([lasting.storage, bed.storage.key]).toEqual([application.storage, 'memory'])
  })

  it('refuses a clock for a storage that keeps its own time, and a maxRuns that is no number above 0', async () => {
    const clock = createTestbed({ storage: memoryStorage(), clock: new VirtualClock() })
    const another = createTestbed({ clock: systemClock })
    const maxRuns = createTestbed({ maxRuns: 0 })

    await expect(clock).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: 'createTestbed: this storage keeps its own time. Give no clock, or give the storage as a function of `now`.',
    })
    await expect(another).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('Give one, or none.') })
    await expect(maxRuns).rejects.toMatchObject({ code: 'InvalidArgument', message: 'createTestbed: maxRuns: 0 is invalid; give a whole number above 0.' })
  })
})

describe('runTask', () => {
  it('runs a task alone, with kwargs, static kwargs and custom directives', async () => {
    let fired: unknown
    const configuration = { t_other: { after: ['page'], run: () => (fired = true) } }
    await using bed = await createTestbed({ configuration })

    const { status, result } = await bed.runTask(({ triggerKwargs, extras }) => ({ triggerKwargs, extras }), {
      kwargs: { page: { number: 1 }, done: {} },
      withParams: { page: { number: 0, size: 2 } },
      extras: { label: 'a' },
    })

    expect(status).toBe('finished')
    expect(result).toEqual({ triggerKwargs: { page: { number: 1, size: 2 }, done: {} }, extras: { label: 'a' } })
    expect(fired).toBeUndefined()
  })

  it('answers what the task came to after its retries, and how it failed', async () => {
    const flaky = defineTask('flaky', { maxRetries: 2, retry: { delay: '7d', maxDelay: '30d' } }, () => {
      throw new RangeError('Too far.')
    })
    await using bed = await createTestbed()

    const { name, depth, status, error } = await bed.runTask(flaky)

    expect([name, depth, status, error?.type]).toEqual(['t_task#2', 2, 'failed', 'RangeError'])
    expect(bed.clock.monotonic()).toBe(21 * 86_400_000)
  })

  it('runs a task by its name, under a manager class', async () => {
    class Survey extends TriggerManager {}
    await using bed = await createTestbed({ managers: { survey: Survey }, tasks: [defineTask('who', ({ manager }) => ({ survey: manager instanceof Survey }))] })

    const { result } = await bed.runTask('who', { manager: 'survey' })

    expect(result).toEqual({ survey: true })
    await expect(bed.runTask('who', { manager: 'nobody' })).rejects.toMatchObject({ code: 'UnknownKey' })
    await expect(createTestbed({ uid: '' })).rejects.toMatchObject({ code: 'InvalidName' })
    await expect(bed.runTask('nobody')).rejects.toMatchObject({ code: 'SchedulingRefused' })
    await expect(bed.runTask(7 as never)).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})

describe('the end of a testbed', () => {
  it('forgets all sessions of a storage in memory when it is cleared', async () => {
    await using bed = await createTestbed({ configuration })
    await bed.manager.fire('x')
    await bed.newManager().fire('x')

    await bed.clear()

    expect((await bed.triggers.sessions()).uids).toEqual([])
    await bed.manager.fire('x')
    expect((await bed.triggers.sessions()).uids).toEqual([bed.uid])
  })

  it('clears of a storage that it was given the sessions that the test made, and no others', async () => {
    const store = new MemoryStore()
    await using other = await createTestbed({ storage: memoryStorage({ store }), uid: 'theirs', configuration })
    await using bed = await createTestbed({ storage: memoryStorage({ store }), uid: 'mine', configuration })
    await other.manager.fire('x')
    await bed.manager.fire('x')
    const before = store.sessions

    await bed.close()

    expect([before, store.sessions]).toEqual([2, 1])
    expect((await memoryStorage({ store }).sessions({ limit: 9 })).uids).toEqual(['theirs'])
  })

  it('comes also where a storage could not be cleared, and says so', async () => {
    const storage = faultyStorage(memoryStorage())
    const bed = await createTestbed({ storage, configuration })
    await bed.manager.fire('x')

    storage.fail('delete', 'unsent')
    const closed = bed.close()

    await expect(closed).rejects.toMatchObject({ code: 'StorageUnavailable' })
    await expect(bed.manager.fire('x')).rejects.toMatchObject({ code: 'Closed' })
  })

  it('waits in real time on a storage that keeps its own, and has no clock', async () => {
    await using bed = await createTestbed({ storage: memoryStorage(), tasks: exampleTasks })
    await bed.manager.updateConfiguration({ t_x: { after: ['x'], run: 'selfRetrying', retries: 1, cooldown: 20 } })
    await bed.manager.fire('x')

    await bed.drain()

    await assertInstanceFinished(bed.manager, 't_x#1', { retries: 1 })
    expect(() => bed.clock).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        message: 'This testbed has no virtual clock, because its storage keeps its own time. Give the storage as a function of `now`, or none.',
      }),
    )
  })

  it('comes whatever runs, and takes no more commands', async () => {
    const bed = await createTestbed()
    let aborted = false
    const endless = bed.task(({ signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))))
    await bed.manager.updateConfiguration({ t_x: { after: ['x'], run: endless } })
    await bed.manager.fire('x')
    await bed.clock.advance(1)

    await Promise.all([bed.close(), bed.close()])

    expect(aborted).toBe(true)
    await expect(bed.manager.fire('y')).rejects.toMatchObject({ code: 'Closed' })
    await expect(assertInstanceMissing(bed.manager, 't_y#0')).rejects.toMatchObject({ code: 'Closed' })
  })
})
