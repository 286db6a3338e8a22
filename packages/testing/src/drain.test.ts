import { readFile } from 'node:fs/promises'
import { defineTask } from '@triggerkit/engine'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { assertInstanceFailed, assertInstanceFinished, assertInstanceReplayed, assertUnresolvedInstances, createTestbed, devNull, exampleTasks, selfRetrying, VirtualClock } from './index.js'

const DAY = 86_400_000

describe('drain', () => {
  it('waits through a cascade, and again for what is fired afterwards', async () => {
    await using bed = await createTestbed({ tasks: exampleTasks })
    const chain = Array.from({ length: 40 }, (_, step) => [`t_${step + 1}`, { after: [], andEvery: `t_${step}`, run: 'passThrough' }])
    await bed.manager.updateConfiguration([['t_0', { after: [], andEvery: 'x', run: 'devNull' }], ...chain])

    await bed.manager.fire('x')
    await bed.drain()
    await assertInstanceFinished(bed.manager, 't_40#0')
    await bed.manager.fire('x')
    await bed.drain()

    await assertInstanceFinished(bed.manager, 't_40#1')
    expect(bed.clock.monotonic()).toBe(0)
  })

  it.each([
    ['at once', () => undefined],
    ['in a turn of the event loop', () => new Promise((resolve) => setImmediate(resolve))],
  ])('is not needed for a cascade of tasks that end %s: all of it happens before time passes', async (_when, end) => {
    await using bed = await createTestbed()
    const times: number[] = []
    const body = async (): Promise<void> => {
      times.push(bed.clock.monotonic())
      await end()
    }
    await bed.manager.updateConfiguration(Array.from({ length: 40 }, (_, step) => [`t_${step + 1}`, { after: [`t_${step}`], run: body }]))

    await bed.manager.fire('t_0')
    await bed.clock.advance('60d')

    expect(times).toEqual(Array.from({ length: 40 }, () => 0))
  })

  it('takes up a command that was not awaited', async () => {
    await using bed = await createTestbed({ tasks: [devNull], configuration: { t_x: { after: ['x'], run: 'devNull' } } })

    const fired = bed.manager.fire('x')
    await bed.drain()

    await fired
    await assertInstanceFinished(bed.manager, 't_x#0')
  })

  it('jumps over weeks of cooldown, in less time than they take', async () => {
    await using bed = await createTestbed({ tasks: [selfRetrying] })
    await bed.manager.updateConfiguration({ t_x: { after: ['x'], run: 'selfRetrying', cooldown: 14 * DAY } })
    const began = performance.now()

    await bed.manager.fire('x')
    await bed.drain()

    for (const name of ['t_x#0', 't_x#1', 't_x#2']) await assertInstanceReplayed(bed.manager, name)
    await assertInstanceFinished(bed.manager, 't_x#3', { retries: 3 })
    expect(bed.clock.monotonic()).toBe(42 * DAY)
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('lets a cooldown end in its time, and not before', async () => {
    await using bed = await createTestbed({ tasks: [selfRetrying] })
    await bed.manager.updateConfiguration({ t_x: { after: ['x'], run: 'selfRetrying', cooldown: DAY, retries: 1 } })
    await bed.manager.fire('x')

    await bed.clock.advance(DAY - 1)
    const before = (await bed.manager.instance('t_x#1')).status
    await bed.clock.advance(1)

    expect([before, (await bed.manager.instance('t_x#1')).status]).toEqual(['scheduled', 'finished'])
  })

  it.each([0, 0.5, DAY])('lets a cooldown of %d ms end, whatever other timer ends with it', async (cooldown) => {
    await using bed = await createTestbed({ tasks: [selfRetrying] })
    await bed.clock.advance(0.5)

    const { status } = await bed.runTask('selfRetrying', { extras: { cooldown } })

    expect(status).toBe('finished')
  })

  it('waits for a task that waits for something real, while no virtual time passes', async () => {
    await using bed = await createTestbed()
    const slow = defineTask('slow', { timeLimit: '10ms' }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 40))
      return { read: (await readFile(new URL(import.meta.url), 'utf8')).length > 0 }
    })

    const { result } = await bed.runTask(slow)

    expect(result).toEqual({ read: true })
    expect(bed.clock.monotonic()).toBe(0)
  })

  it('waits for what another testbed on the same clock runs, while no virtual time passes', async () => {
    const [clock, store] = [new VirtualClock(), new MemoryStore()]
    const parts = { clock, uid: 'shared', storage: (now: () => number) => memoryStorage({ now, store }) }
    await using first = await createTestbed(parts)
    await using second = await createTestbed(parts)
    const slow = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))
    await first.manager.updateConfiguration({ t_x: { after: ['x'], run: slow } })
    await first.manager.fire('x')

    await second.drain()

    await assertInstanceFinished(second.manager, 't_x#0')
    expect(clock.monotonic()).toBe(0)
  })

  it('lets no time pass before a run that the runner has put off for a turn of the event loop', async () => {
    await using bed = await createTestbed({ tasks: [devNull] })
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    await bed.manager.updateConfiguration({ t_gate: { after: ['x'], run: () => gate }, t_next: { after: ['y'], run: 'devNull' } })
    await bed.manager.fire('x')
    await bed.clock.advance('1s')
    await bed.manager.fire('y')

    open()
    await bed.drain()

    await assertInstanceFinished(bed.manager, 't_next#0')
    expect(bed.clock.monotonic()).toBe(1_000)
  })

  it('leaves a time limit to clock.advance', async () => {
    await using bed = await createTestbed()
    const stuck = defineTask('stuck', { timeLimit: '1h' }, () => new Promise(() => undefined))
    await bed.manager.updateConfiguration({ t_x: { after: ['x'], run: stuck } })
    await bed.manager.fire('x')

    await bed.clock.advance('1h')
    await bed.drain()

    await assertInstanceFailed(bed.manager, 't_x#0', 'TimeLimitExceeded')
  })

  it('gives up on a task that never ends, and names it', async () => {
    await using bed = await createTestbed()
    await bed.manager.updateConfiguration({ t_x: { after: ['x'], run: () => new Promise(() => undefined) } })
    await bed.manager.fire('x')

    const drained = bed.drain({ timeout: 30 })

    await expect(drained).rejects.toMatchObject({
      code: 'SettleTimeout',
      message:
        'The testbed did not settle within 30 ms: t_x#0 still running: if a task waits for virtual time, let that pass with clock.advance(); if it waits for the test, let it go first.',
      details: { underWay: ['t_x#0'] },
    })
  })

  it('gives up on tasks that fire each other without end, and ends with the test', async () => {
    const configuration = {
      t_ping: { after: [], andEvery: 't_pong', run: 'devNull' },
      t_pong: { after: [], andEvery: 't_ping', run: 'devNull' },
    }
    await using bed = await createTestbed({ tasks: [devNull], configuration, maxRuns: 100 })
    await bed.manager.fire('t_ping')

    const drained = bed.drain()

    await expect(drained).rejects.toMatchObject({
      code: 'SettleTimeout',
      message:
        'Tasks ran 100 times without coming to an end, most recently t_ping#48, t_pong#49, t_ping#49. Do they fire each other, or retry for ever? If that many are intended, give createTestbed a higher maxRuns.',
    })
  })

  it('gives up on a task that retries for ever, weeks apart', async () => {
    await using bed = await createTestbed({ maxRuns: 20 })
    const tireless = defineTask('tireless', { maxRetries: Infinity, retry: { delay: '1d', maxDelay: '7d' } }, () => {
      throw new Error('Not today.')
    })

    const run = bed.runTask(tireless)

    await expect(run).rejects.toMatchObject({ code: 'SettleTimeout', message: expect.stringContaining('Tasks ran 20 times') })
  })

  it('allows as many runs again after each end', async () => {
    await using bed = await createTestbed({ tasks: [devNull], maxRuns: 3, configuration: { t_x: { after: [], andEvery: 'x', run: 'devNull' } } })

    for (let round = 0; round < 4; round += 1) {
      await bed.manager.fire('x')
      await bed.manager.fire('x')
      await bed.drain()
    }

    await assertUnresolvedInstances(bed.manager, [])
  })

  it('refuses a timeout that is no duration', async () => {
    await using bed = await createTestbed()

    await expect(bed.drain({ timeout: 'soon' as '1s' })).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})
