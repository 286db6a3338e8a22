import { CLAIM_MS } from '@triggerkit/contracts'
import type { Presence } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import type { WorldProcess } from './fakes/world.js'
import { defineTask, TriggerManager } from './index.js'
import type { TriggersOptions } from './index.js'

function newWorld(store: MemoryStore = new MemoryStore()): World {
  return new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
}

const options: Partial<TriggersOptions> = { tasks: [defineTask('app.task', () => undefined)] }
const configuration = { t_task: { after: [], andEvery: 'go', run: 'app.task' } }

/** A session with one scheduled instance that nobody has taken yet. */
async function abandonedBy(process: WorldProcess, manager?: string): Promise<void> {
  const session = process.triggers.manager('s', manager === undefined ? {} : { manager })
  await session.updateConfiguration(configuration)
  await session.fire('go')
}

describe('a sweep', () => {
  it('puts off a session of an unknown manager longer and longer, tells once, and changes nothing', async () => {
    class Special extends TriggerManager {}
    const world = newWorld()
    await abandonedBy(world.process({ ...options, managers: { special: Special } }), 'special')
    const ignorant = await world.started(options)

    await world.advance(5 * 60_000)

    expect(ignorant.logger.alarms).toEqual([expect.stringContaining('"special"')])
    expect(ignorant.storage.presented).toEqual([])
    expect(ignorant.storage.calls.postpone).toBeLessThan(8)
  })

  it('leaves such a session to a process that knows the manager, soon', async () => {
    class Special extends TriggerManager {}
    const world = newWorld()
    const managers = { special: Special }
    await abandonedBy(world.process({ ...options, managers }), 'special')
    await world.started(options)
    await world.advance(1_000)
    const knowing = await world.started({ ...options, managers })

    await world.advance(20_000)

    expect((await knowing.triggers.session('s').instances()).map(({ status }) => status)).toEqual(['finished'])
  })

  it('puts off instances of an unknown runner, and tells once', async () => {
    const world = newWorld()
    await abandonedBy(world.process({ ...options, runners: { other: inlineRunner({ key: 'other' }) } }))
    const ignorant = await world.started(options)

    await world.advance(5 * 60_000)

    expect(ignorant.logger.alarms).toEqual([expect.stringContaining('"other"')])
    expect(ignorant.storage.presented).toEqual([])
    expect(ignorant.storage.calls.postpone).toBeLessThan(8)
  })

  it('puts off a session of a newer format, and tells once', async () => {
    const store = new MemoryStore()
    const world = newWorld(store)
    const storage = memoryStorage({ store, now: () => world.now() })
    await storage.commit('s', {
      commitId: 'c', expect: { incarnation: 'i', number: 0 }, expectAbsent: [], receipts: new Map(), read: [], wakeAt: world.now(),
      working: { put: new Map([['s', { format: 99, manager: 'default', created: 0 }]]), remove: [] }, archive: { put: new Map(), remove: [] },
    })
    const { logger, triggers } = await world.started(options)

    await world.advance(60_000)

    expect(logger.alarms).toEqual([expect.stringContaining('newer release')])
    await expect(triggers.manager('s').fire('go')).rejects.toMatchObject({ code: 'UnsupportedFormat' })
  })

  it('goes on with other sessions when one fails', async () => {
    const world = newWorld()
    const idle = world.process(options)
    await abandonedBy(idle)
    const { triggers, storage } = await world.started({ ...options, sweepEvery: '1h' })
    const other = idle.triggers.manager('other')
    await other.updateConfiguration(configuration)
    await other.fire('go')
    await idle.triggers.manager('s').fire('go')
    storage.fail('load', 'reply lost')

    await triggers.sweep()
    await world.advance(CLAIM_MS)
    await triggers.sweep()
    await world.settle()

    const statuses = [...(await other.instances()), ...(await triggers.session('s').instances())].map(({ status }) => status)
    expect(statuses).toEqual(['finished', 'finished', 'finished'])
  })

  it('done by several at once does nothing twice', async () => {
    const runs: string[] = []
    const task = defineTask('app.task', ({ uid, instance }) => void runs.push(`${uid}/${instance}`))
    const world = newWorld()
    const idle = world.process({ tasks: [task] })
    for (let n = 0; n < 20; n += 1) {
      const manager = idle.triggers.manager(`s${n}`)
      await manager.updateConfiguration(configuration)
      await Promise.all([manager.fire('go'), manager.fire('go')])
    }

    const sweepers = await Promise.all(Array.from({ length: 3 }, () => world.started({ tasks: [task] })))
    await world.advance(30_000)

    expect(runs).toHaveLength(40)
    expect(new Set(runs).size).toBe(40)
    expect(sweepers.flatMap(({ storage }) => storage.presented.filter(({ outcome }) => outcome === 'conflict'))).toEqual([])
  })

  it('requeues all that a session has lost in one change', async () => {
    const world = newWorld()
    const idle = world.process(options)
    const manager = idle.triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await Promise.all(Array.from({ length: 50 }, () => manager.fire('go')))
    const { triggers, storage } = world.process(options)

    await triggers.start()

    const first = storage.committed[0]?.change.working.put.size
    expect(first).toBe(50)
  })

  it('is left to the process that presence chooses', async () => {
    const world = newWorld()
    await abandonedBy(world.process(options))
    let choose = (): void => undefined
    const presence: Presence = {
      leaseMs: 180_000,
      announce: async () => async () => undefined,
      alive: async (owners) => owners,
      onDeath: () => () => undefined,
      whileSweeper: (run) => {
        choose = () => void run()
        return () => undefined
      },
    }
    const { storage, triggers } = await world.started({ ...options, presence })
    await world.advance(10_000)
    const before = storage.calls.due

    choose()
    await world.advance(2_000)

    expect(before).toBeUndefined()
    expect((await triggers.session('s').instances()).map(({ status }) => status)).toEqual(['finished'])
  })
})

describe('the wake-up in the storage', () => {
  it('is never later than what anything in flight needs, whatever has happened', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('fire' as const), by: fc.nat(1) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), as: fc.constantFrom('finish', 'fail', 'retry') }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), by: fc.nat(1), number: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), time: fc.constantFrom(10, 1_500, 9_000) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps: Step[]) => holdsThroughout(steps)), { numRuns: 40 })
  }, 60_000)

  it('is absent once nothing is in flight', async () => {
    const world = newWorld()
    const { triggers } = await world.started(options)
    await abandonedBy({ triggers } as WorldProcess)

    const before = (await triggers.session('s').metadata()).wakeAt
    await triggers.idle()

    expect(before).toBeGreaterThan(world.now())
    expect((await triggers.session('s').metadata()).wakeAt).toBeNull()
  })
})

type Step =
  | { readonly do: 'fire'; readonly by: number }
  | { readonly do: 'end'; readonly as: string }
  | { readonly do: 'cancel'; readonly by: number; readonly number: number }
  | { readonly do: 'pass'; readonly time: number }
  | { readonly do: 'crash' }

async function holdsThroughout(steps: readonly Step[]): Promise<void> {
  const store = new MemoryStore()
  const world = newWorld(store)
  const running: ((how: string) => void)[] = []
  const task = defineTask('app.task', { maxRetries: 100 }, (context) =>
    new Promise((resolve, reject) => {
      running.push((how) => {
        if (how === 'finish') resolve({})
        else reject(how === 'fail' ? new Error('No.') : context.retry({ cooldown: 5_000 }))
      })
    }))
  const processes = [await world.started({ tasks: [task] }), world.process({ tasks: [task] })]
  const reader = memoryStorage({ store, now: () => world.now() })
  const look = async () => {
    const { session } = await reader.load('s')
    const inFlight = [...(session?.working.values() ?? [])].filter((record) => (record as { handOver?: object }).handOver).length
    return { inFlight, wakeAt: session?.wakeAt ?? null }
  }
  await processes[0]?.triggers.manager('s').updateConfiguration(configuration)
  for (const step of steps) {
    const by = 'by' in step ? (processes[step.by] as WorldProcess).triggers.manager('s') : undefined
    if (step.do === 'fire') await by?.fire('go')
    if (step.do === 'end') running.shift()?.(step.as)
    if (step.do === 'cancel') await by?.cancelInstance(`t_task#${step.number}`).catch(() => undefined)
    if (step.do === 'pass') await world.clock.advance(step.time)
    if (step.do === 'crash') {
      processes[0]?.kill()
      processes[0] = await world.started({ tasks: [task] })
    }
    await world.clock.advance(0)
    const { inFlight, wakeAt } = await look()
    // Nothing needs a look later than a lease, or a cooldown and a lease, after now.
    const late = wakeAt === null || wakeAt > world.now() + 8_000 + 5_000
    if (inFlight > 0 && late) throw new Error(`${inFlight} in flight, woken at ${wakeAt}, now ${world.now()}`)
  }
  for (const end of running) end('finish')
  await world.advance(20_000)
  const { inFlight, wakeAt } = await look()
  if (inFlight === 0 && wakeAt !== null) throw new Error(`Nothing is in flight, but it wakes at ${wakeAt}`)
}
