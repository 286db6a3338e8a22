import { LONGEST_RETRY_MS } from '@triggerkit/contracts'
import type { TriggerkitError } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask } from './index.js'
import type { TriggersOptions } from './index.js'

function newWorld(): World {
  const store = new MemoryStore()
  return new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
}

const options: Partial<TriggersOptions> = { tasks: [defineTask('app.count', () => undefined)] }
const each = { t_count: { after: [], andEvery: 'page', run: 'app.count' } }

/** A session with that configuration, and the process that made it. */
async function prepared(configuration: object = each, more: Partial<TriggersOptions> = {}) {
  const world = newWorld()
  const process = world.process({ ...options, ...more })
  const manager = process.triggers.manager('s')
  await manager.updateConfiguration(configuration)
  return { world, manager, ...process }
}

/** How a promise has ended by now, or `pending`. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise.then(() => 'done', (error: { code?: string }) => error.code ?? error), Promise.resolve().then(() => 'pending')])
}

describe('a lost reply', () => {
  it('has the identical change presented again, which is applied once', async () => {
    const { world, manager, storage } = await prepared()
    storage.fail('commit', 'reply lost', 'reply lost')

    const fired = manager.fire('page')
    await world.advance(1_000)

    expect((await fired).created).toEqual(['t_count#0'])
    const [, ...presented] = storage.presented
    expect(presented.map(({ outcome }) => outcome)).toEqual(['committed', 'alreadyApplied', 'alreadyApplied'])
    expect(new Set(presented.map(({ change }) => change))).toHaveProperty('size', 1)
    expect(await manager.instances()).toHaveLength(1)
  })

  it('lets no other change of the session be built meanwhile, but those of other sessions', async () => {
    const { world, manager, storage, triggers } = await prepared()
    storage.fail('commit', 'reply lost')

    const first = manager.fire('page')
    await world.settle()
    const second = manager.fire('page')
    await triggers.manager('other').fire('page')
    await world.settle()

    expect(await stateOf(second)).toBe('pending')
    await world.advance(100)
    expect([(await first).created, (await second).created]).toEqual([['t_count#0'], ['t_count#1']])
  })

  it('rejects with OutcomeUnknown once the time limit has passed, and the id that it carries repeats the firing safely', async () => {
    const { world, manager, storage } = await prepared()
    storage.always = 'reply lost'

    const fired = manager.fire('page', { n: 1 })
    fired.catch(() => undefined)
    await world.advance(10_001)
    const { code, details } = await fired.catch((error) => error)
    storage.always = null
    const again = manager.fire('page', { n: 1 }, { id: details.id })
    await world.advance(10_000)

    expect(code).toBe('OutcomeUnknown')
    expect(await again).toMatchObject({ firing: details.id, duplicate: true, created: [], scheduled: [], abandoned: [] })
    expect(await manager.instances()).toHaveLength(1)
  })

  it('lets another process repeat the firing, also while the first still presents it', async () => {
    const { world, manager, storage } = await prepared()
    const other = world.process(options)
    storage.always = 'hangs'
    const fired = manager.fire('page')
    fired.catch(() => undefined)
    await world.advance(10_001)
    const { details } = await fired.catch((error) => error)

    const repeated = await other.triggers.manager('s').fire('page', {}, { id: details.id })
    storage.always = null
    await world.advance(30_000)

    expect(repeated.duplicate).toBe(false)
    expect(await manager.instances()).toHaveLength(1)
  })

  it('lets any other command be repeated by its id, with the same answer', async () => {
    const { world, manager, storage } = await prepared({ t_task: { after: ['go'], run: 'app.count' } })
    await manager.createInstance('t_task', { status: 'failed' })
    storage.always = 'reply lost'
    const replay = manager.replayFailedInstance('t_task#0')
    replay.catch(() => undefined)
    await world.advance(10_001)
    const { code, details } = await replay.catch((error) => error)
    storage.always = null
    await world.advance(10_000)

    const [again, elsewhere] = [
      await manager.replayFailedInstance('t_task#0', null, { commandId: details.id }),
      await world.process(options).triggers.manager('s').replayFailedInstance('t_task#0', null, { commandId: details.id }),
    ]

    expect(code).toBe('OutcomeUnknown')
    expect(again).toEqual({ instance: 't_task#0', clone: 't_task#1' })
    expect(elsewhere).toEqual(again)
    expect(await manager.instances()).toHaveLength(2)
  })

  it('names no id for a transaction, whatever that answers with', async () => {
    const { world, manager, storage } = await prepared()
    storage.always = 'reply lost'

    const transaction = manager.transaction((draft) => draft.fire('page'))
    transaction.catch(() => undefined)
    await world.advance(10_001)

    const error = await transaction.catch((error) => error)
    expect([error.code, error.details, error.message]).toEqual(['OutcomeUnknown', { uid: 's' }, expect.not.stringContaining('undefined')])
  })

  it('followed by a conflict applies nothing of a command that was told as unknown', async () => {
    const { world, manager, storage } = await prepared()
    storage.always = 'hangs'
    const fired = manager.fire('page')
    fired.catch(() => undefined)
    await world.advance(10_001)
    await world.process(options).triggers.manager('s').fire('unrelated')

    storage.always = null
    await world.advance(60_000)

    expect(storage.presented.at(-1)?.outcome).toBe('conflict')
    expect(await manager.instances()).toEqual([])
  })

  it('is asked about for ten minutes and no longer; the session then goes on', async () => {
    const { world, manager, storage } = await prepared()
    storage.always = 'reply lost'
    manager.fire('page').catch(() => undefined)
    await world.advance(LONGEST_RETRY_MS + 20_000)
    const presented = storage.presented.length
    await world.advance(60_000)
    expect(storage.presented).toHaveLength(presented)

    storage.always = null
    const { created } = await manager.fire('page')

    expect(created).toEqual(['t_count#1'])
  })

  it('stays unknown even if the storage refuses the second attempt', async () => {
    const { world, manager, storage } = await prepared()
    storage.fail('commit', 'reply lost', 'refused')

    const fired = manager.fire('page')
    await world.advance(1_000)

    expect((await fired).created).toEqual(['t_count#0'])
  })
})

describe('a storage out of reach', () => {
  it('rejects with StorageUnavailable after the time limit, and applies nothing later', async () => {
    const { world, manager, storage } = await prepared()
    storage.always = 'unsent'

    const fired = manager.fire('page')
    fired.catch(() => undefined)
    await world.advance(9_900)
    expect(await stateOf(fired)).toBe('pending')
    await world.advance(200)
    storage.always = null
    await world.advance(60_000)

    await expect(fired).rejects.toMatchObject({ code: 'StorageUnavailable' })
    expect(await manager.instances()).toEqual([])
  })

  it('tells what the storage last threw, be it a fault of its code', async () => {
    const { world, manager, storage, triggers } = await prepared()
    const cause = new TypeError('this.sessions is undefined')
    storage.load = () => Promise.reject(cause)
    storage.commit = () => Promise.reject(cause)

    const outcomes = Promise.allSettled([triggers.manager('new').fire('page'), manager.fire('page')])
    await world.advance(11_000)

    expect(await outcomes).toMatchObject([
      { reason: { code: 'StorageUnavailable', cause: { code: 'StorageUnavailable', cause } } },
      { reason: { code: 'OutcomeUnknown', cause } },
    ])
  })

  it('applies nothing that was told as not done, though others in its change still wait', async () => {
    const { world, manager, storage } = await prepared()
    storage.always = 'unsent'
    const early = manager.fire('early')
    early.catch(() => undefined)
    await world.advance(5_000)
    const late = manager.fire('late')

    await world.advance(6_000)
    storage.always = null
    await world.advance(6_000)

    await expect(early).rejects.toMatchObject({ code: 'StorageUnavailable' })
    expect((await late).duplicate).toBe(false)
    expect((await manager.metadata()).firedTriggers).toEqual(['late'])
  })

  it('lets the execution record its outcome once it is back, without the fire that shared its change', async () => {
    const world = newWorld()
    let finish = (): void => undefined
    const task = defineTask('app.slow', () => new Promise<void>((resolve) => (finish = resolve)))
    const { triggers, storage } = await world.started({ tasks: [task], lease: '5m' })
    const manager = triggers.manager('s')
    await manager.updateConfiguration({ t_slow: { after: ['go'], run: 'app.slow' } })
    await manager.fire('go')
    await world.settle()

    storage.always = 'unsent'
    const fired = manager.fire('page')
    fired.catch(() => undefined)
    finish()
    await world.advance(20_000)
    storage.always = null
    await world.advance(10_000)

    await expect(fired).rejects.toMatchObject({ code: 'StorageUnavailable' })
    expect((await manager.instance('t_slow#0')).status).toBe('finished')
    expect((await manager.metadata()).firedTriggers).toEqual(['go', 't_slow'])
  })

  it.each([
    ['is recorded once it is back, however late', { outage: 2 * LONGEST_RETRY_MS, closes: false }, 'finished'],
    ['is left to other processes where its own closes before that', { outage: 15_000, closes: true }, 'running'],
  ] as const)('takes no outcome of an execution: that %s', async (_, { outage, closes }, expected) => {
    const world = newWorld()
    let finish = (): void => undefined
    const task = defineTask('app.slow', () => new Promise<void>((resolve) => (finish = resolve)))
    const { triggers, storage } = await world.started({ tasks: [task] })
    await triggers.manager('s').updateConfiguration({ t_slow: { after: ['go'], run: 'app.slow' } })
    await triggers.manager('s').fire('go')
    await world.settle()

    const closing = closes ? triggers.close() : null
    storage.always = 'unsent'
    finish()
    await world.advance(outage)
    storage.always = null
    await world.advance(10_000)
    await closing

    expect(await world.process().triggers.session('s').instance('t_slow#0')).toMatchObject({ status: expected, attempt: 1, error: null })
  })

  it('is told apart when an archived instance must be read', async () => {
    const { world, manager, storage } = await prepared({ t_task: { after: ['go'], run: 'app.count' } })
    await manager.createInstance('t_task', { status: 'finished' })
    storage.fail('read', 'unsent', 'reply lost')

    const marked = manager.updateInstanceMetadata('t_task#0', { seen: true })
    await world.advance(1_000)

    expect(await marked).toEqual({ instance: 't_task#0' })
  })
})

describe('a storage that refuses', () => {
  it('rejects at once, and the session goes on', async () => {
    const { manager, storage } = await prepared()
    storage.fail('commit', 'refused')

    const refused = manager.fire('page')

    await expect(refused).rejects.toMatchObject({ code: 'StorageRefused' })
    expect((await manager.fire('page')).created).toEqual(['t_count#0'])
  })
})

describe('a storage that hangs for ever', () => {
  it('leaves no promise pending', async () => {
    const { world, manager, storage, triggers } = await prepared({ t_task: { after: ['go'], run: 'app.count' } })
    const archived = triggers.manager('archived')
    await archived.updateConfiguration({ t_task: { after: ['go'], run: 'app.count' } })
    await archived.createInstance('t_task', { status: 'finished' })
    storage.always = 'hangs'

    const promises = [
      manager.fire('page'),
      archived.updateInstanceMetadata('t_task#0', {}),
      triggers.manager('new').fire('page'),
      manager.instances(),
      triggers.settled('s', { timeout: 1_000 }),
      triggers.sweep(),
      triggers.delete('s'),
      triggers.start(),
    ]
    for (const promise of promises) promise.catch(() => undefined)
    await world.advance(31_000)

    const states = await Promise.all(promises.map(stateOf))
    expect(states).not.toContain('pending')
    expect(states.slice(0, 3)).toEqual(['OutcomeUnknown', 'StorageUnavailable', 'StorageUnavailable'])
  })

  it('is not told as an overload: what has been given up waits no more', async () => {
    const { world, manager, storage } = await prepared({}, { maxQueue: 2 })
    storage.always = 'hangs'
    const outcomes: unknown[] = []
    const fire = (): void => void manager.fire('page').catch(({ code }: TriggerkitError) => outcomes.push(code))

    fire()
    await world.settle()
    for (let round = 0; round < 3; round += 1) {
      fire()
      fire()
      await world.advance(15_000)
    }

    expect(outcomes).toEqual(['OutcomeUnknown', ...Array.from({ length: 6 }, () => 'StorageUnavailable')])
  })

  it('does not keep close from ending', async () => {
    const { world, manager, storage, triggers, clock } = await prepared()
    await triggers.start()
    storage.always = 'hangs'
    const fired = manager.fire('page')
    fired.catch(() => undefined)

    const closed = triggers.close()
    await world.advance(60_000)

    expect(await stateOf(closed)).toBe('done')
    expect(await stateOf(fired)).toBe('OutcomeUnknown')
    expect(clock.pending).toBe(0)
  })
})
