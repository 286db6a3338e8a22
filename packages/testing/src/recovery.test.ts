import type { Logger, Storage, Task } from '@triggerkit/contracts'
import { defineTask } from '@triggerkit/engine'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { assertInstanceFinished, assertInstanceMissing, assertInstanceUnstarted, createTestbed, devNull, faultyStorage, VirtualClock } from './index.js'
import type { FaultyStorage } from './index.js'

const DAY = 86_400_000
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const configuration = { t_join: { after: ['page', 'done'], run: 'devNull' } }

interface Breakable {
  line: FaultyStorage
  readonly storage: (now: () => number) => Storage
}

/** A storage that a test can break, once the testbed has made it. */
function breakable(store: MemoryStore = new MemoryStore()): Breakable {
  const made: Breakable = {
    line: faultyStorage(memoryStorage({ store })),
    storage: (now) => (made.line = faultyStorage(memoryStorage({ now, store }))),
  }
  return made
}

describe('a time to live', () => {
  it('passes in a test like any other time', async () => {
    await using bed = await createTestbed({ tasks: [devNull], configuration, ttl: '30d' })
    await bed.manager.fire('page')

    await bed.clock.advance('29d')
    await assertInstanceUnstarted(bed.manager, 't_join#0')
    await bed.clock.advance('2d')

    expect((await bed.manager.metadata()).exists).toBe(false)
    await bed.manager.fire('done')
    await assertInstanceUnstarted(bed.manager, 't_join#0')
    await assertInstanceMissing(bed.manager, 't_join#1')
  })
})

describe('a process that crashes while a task runs', () => {
  it.each([
    ['4d', 4 * DAY, {}],
    ['8s', 8_000, { lease: '8s', sweepEvery: '1s' }],
  ] as const)('loses it to another one over the same store, once its lease of %s has run out', async (_lease, length, leases) => {
    const [clock, store] = [new VirtualClock(), new MemoryStore()]
    const faulty = breakable(store)
    const parts = { ...leases, clock, uid: 'survey:1', logger: quiet }
    const runs: string[] = []
    const work = (process: string, end: () => unknown): Task => defineTask('work', ({ attempt }) => (runs.push(`${process}, attempt ${attempt}`), end()))
    const first = await createTestbed({ ...parts, storage: faulty.storage, tasks: [work('first', () => new Promise(() => undefined))] })
    await first.manager.updateConfiguration({ t_work: { after: ['page'], run: 'work' } })
    await first.manager.fire('page')
    await clock.advance(1)

    faulty.line.cut()
    await first.close()
    await using second = await createTestbed({ ...parts, storage: (now) => memoryStorage({ now, store }), tasks: [work('second', () => ({ by: 'second' }))] })
    await second.drain()

    expect(runs).toEqual(['first, attempt 1', 'second, attempt 2'])
    expect(clock.monotonic()).toBeGreaterThanOrEqual(length)
    expect(clock.monotonic()).toBeLessThan(2 * length + 10_000)
    await assertInstanceFinished(second.manager, 't_work#0', { by: 'second' })
  })
})

describe('a faulty storage', () => {
  it('loses nothing and does nothing twice where an answer is lost', async () => {
    const faulty = breakable()
    await using bed = await createTestbed({ storage: faulty.storage, tasks: [devNull], configuration, logger: quiet })

    faulty.line.fail('commit', 'answer lost', 'answer lost')
    const fired = bed.manager.fire('page')
    await bed.drain()

    expect(await fired).toMatchObject({ created: ['t_join#0'] })
    await assertInstanceUnstarted(bed.manager, 't_join#0')
    await assertInstanceMissing(bed.manager, 't_join#1')
  })

  it('tries again what was not sent, and in the end rejects it', async () => {
    const faulty = breakable()
    await using bed = await createTestbed({ storage: faulty.storage, configuration, logger: quiet, commandTimeout: '20s' })

    faulty.line.fail('load', 'unsent')
    const sent = bed.manager.fire('page')
    await bed.drain()
    await sent
    faulty.line.fail('commit', ...Array.from({ length: 1_000 }, () => 'unsent' as const))
    const unsent = bed.manager.fire('page').catch((error: unknown) => error)
    await bed.clock.advance('20s')

    expect(await unsent).toMatchObject({ code: 'StorageUnavailable' })
    await assertInstanceUnstarted(bed.manager, 't_join#0')
  })

  it('tells an outcome that is not known, although the call was carried out', async () => {
    const faulty = breakable()
    await using bed = await createTestbed({ storage: faulty.storage, configuration, logger: quiet })
    await bed.manager.fire('page')

    faulty.line.fail('commit', 'no answer, but carried out')
    const unknown = bed.manager.fire('done').catch((error: unknown) => error)
    await bed.clock.advance('10s')

    expect(await unknown).toMatchObject({ code: 'OutcomeUnknown' })
  })

  it('holds a call back until it is let go', async () => {
    const faulty = breakable()
    await using bed = await createTestbed({ storage: faulty.storage, configuration, logger: quiet })

    let isDone = false
    const release = faulty.line.hold('commit')
    const fired = bed.manager.fire('page').then(() => (isDone = true))
    await bed.clock.advance('1s')
    const before = isDone
    release()
    await fired

    expect([before, isDone]).toEqual([false, true])
  })

  it('answers nothing any more once it was cut, also what was held back or under way', async () => {
    const line = faultyStorage(memoryStorage())
    const answered: string[] = []
    const release = line.hold('load')

    void line.load('s').then(() => answered.push('held back'))
    void line.owners().then(() => answered.push('under way'))
    line.cut()
    release()
    await new VirtualClock().advance(1)

    expect(answered).toEqual([])
  })

  it('holds back until everybody lets go who held', async () => {
    const line = faultyStorage(memoryStorage())
    const [first, second] = [line.hold('load'), line.hold('load')]
    let isAnswered = false

    first()
    const loaded = line.load('s').then(() => (isAnswered = true))
    await new VirtualClock().advance(1)
    const before = isAnswered
    second()
    await loaded

    expect(before).toBe(false)
  })

  it('lets a testbed end whose line was cut', async () => {
    const faulty = breakable()
    const bed = await createTestbed({ storage: faulty.storage, configuration, logger: quiet })
    await bed.manager.fire('page')

    faulty.line.cut()
    await bed.close()

    await expect(bed.manager.fire('done')).rejects.toMatchObject({ code: 'Closed' })
  })
})
