import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { IdSequence, randomIds } from './ids.js'
import { defineTask } from './index.js'
import type { TriggersOptions } from './index.js'

const options: Partial<TriggersOptions> = { tasks: [defineTask('app.count', () => undefined)] }

async function prepared() {
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  const [one, two] = [world.process(options), world.process(options)]
  await one.triggers.manager('s').updateConfiguration({
    t_count: { after: [], andEvery: 'page', run: 'app.count' },
    t_task: { after: ['go'], run: 'app.count' },
  })
  return { world, one, two, first: one.triggers.manager('s'), second: two.triggers.manager('s') }
}

const NOTHING = { duplicate: true, created: [], scheduled: [], abandoned: [] }

describe('a firing id', () => {
  it('makes a repetition a duplicate that changes nothing', async () => {
    const { first } = await prepared()
    await first.fire('page', { n: 1 }, { id: 'order-1' })

    const repeated = await first.fire('page', { n: 2 }, { id: 'order-1' })

    expect(repeated).toMatchObject({ firing: 'order-1', ...NOTHING })
    expect(await first.latestKwargs()).toEqual({ page: { n: 1 } })
    expect(await first.instances()).toHaveLength(1)
  })

  it('is known in another process, and in both at once', async () => {
    const { first, second } = await prepared()

    const answers = await Promise.all([first, second, first, second].map((manager) => manager.fire('page', {}, { id: 'order-1' })))

    expect(answers.map(({ duplicate }) => duplicate).sort()).toEqual([false, true, true, true])
    expect(await first.instances()).toHaveLength(1)
  })

  it('given twice in one group fires once', async () => {
    const { first, one } = await prepared()
    const before = one.storage.committed.length

    const answers = await Promise.all([first.fire('page', {}, { id: 'x' }), first.fire('page', {}, { id: 'x' }), first.fire('page')])

    expect(answers.map(({ duplicate }) => duplicate)).toEqual([false, true, false])
    expect(one.storage.committed).toHaveLength(before + 1)
  })

  it('of another trigger is refused, across processes and within a group', async () => {
    const { first, second } = await prepared()
    await first.fire('page', {}, { id: 'x' })

    const across = second.fire('go', {}, { id: 'x' })
    const within = await Promise.allSettled([first.fire('page', {}, { id: 'y' }), first.fire('go', {}, { id: 'y' })])

    await expect(across).rejects.toMatchObject({ code: 'FiringIdReused', details: { id: 'x' } })
    expect(within[1]).toMatchObject({ reason: { code: 'FiringIdReused' } })
    expect((await first.metadata()).firedTriggers).toEqual(['page'])
  })

  it('that begins like those of running tasks is refused', async () => {
    const { first } = await prepared()

    await expect(first.fire('page', {}, { id: '~t_count#0/1/0/page' })).rejects.toMatchObject({ code: 'InvalidName' })
    await expect(first.cancelInstance('t_count#0', { commandId: '~x' })).rejects.toMatchObject({ code: 'InvalidName' })
  })

  it('of a running task is accepted from that very task, which OutcomeUnknown may have told it', async () => {
    const { world, first } = await prepared()
    const refusals: unknown[] = []
    const again = defineTask('app.again', async ({ manager }) => {
      const { firing } = await manager.fire('page')
      const { duplicate } = await manager.fire('page', {}, { id: firing })
      await manager.fire('page', {}, { id: firing.replace('#0', '#1') }).catch((error: unknown) => refusals.push(error))
      return { duplicate }
    })
    const busy = await world.started({ tasks: [again, ...(options.tasks ?? [])] })
    await first.updateConfiguration({ t_again: { after: ['again'], run: 'app.again' } })

    await busy.triggers.manager('s').fire('again')
    await world.settle()

    expect((await first.instance('t_again#0')).result).toEqual({ duplicate: true })
    expect(refusals).toMatchObject([{ code: 'InvalidName' }])
  })

  it('makes a firing that could not schedule a duplicate when it is repeated', async () => {
    const { one, first } = await prepared()
    await one.triggers.start()
    await first.updateConfiguration({ t_bad: { after: ['bad'], run: 'app.missing' } })

    const refused = await first.fire('bad', {}, { id: 'x' }).catch((error) => error)
    const repeated = await first.fire('bad', {}, { id: 'x' })

    expect(refused).toMatchObject({ code: 'SchedulingRefused', details: { committed: true, answer: { firing: 'x', created: ['t_bad#0'] } } })
    expect(repeated).toMatchObject(NOTHING)
    expect((await first.instance('t_bad#0')).status).toBe('unstarted')
  })
})

describe('a command id', () => {
  it('gives a repetition the answer of the first time, though it could not be carried out again', async () => {
    const { first, second } = await prepared()
    await first.createInstance('t_task', { status: 'failed' })
    const replayed = await first.replayFailedInstance('t_task#0', null, { commandId: 'c' })

    const answers = [await first.replayFailedInstance('t_task#0', null, { commandId: 'c' }), await second.replayFailedInstance('t_task#0', null, { commandId: 'c' })]

    expect(answers).toEqual([replayed, replayed])
    expect(await first.instancesOfTask('t_task')).toHaveLength(2)
  })

  it('given to two processes at once is carried out once', async () => {
    const { first, second } = await prepared()

    const answers = await Promise.all([first, second, first].map((manager) => manager.createInstance('t_task', {}, { commandId: 'c' })))

    expect(answers).toEqual([{ instance: 't_task#0' }, { instance: 't_task#0' }, { instance: 't_task#0' }])
    expect(await first.instancesOfTask('t_task')).toHaveLength(1)
  })

  it('leaves a command that fails for the first time refused, and changes nothing by asking', async () => {
    const { first } = await prepared()
    await first.createInstance('t_task')

    const refused = first.replayFailedInstance('t_task#0', null, { commandId: 'c' })

    await expect(refused).rejects.toMatchObject({ code: 'NotFailed' })
    expect((await first.instance('t_task#0')).status).toBe('unstarted')
  })

  it('counts within a transaction, too, where the repetition could not be carried out again', async () => {
    const { first, second } = await prepared()
    await first.createInstance('t_task', { status: 'failed' })
    const replayed = await first.replayFailedInstance('t_task#0', null, { commandId: 'c' })

    const again = await second.transaction((transaction) => transaction.replayFailedInstance('t_task#0', null, { commandId: 'c' }))

    expect(again).toEqual(replayed)
    expect(await first.instancesOfTask('t_task')).toHaveLength(2)
  })

  it('of another command is refused', async () => {
    const { first, second } = await prepared()
    await first.createInstance('t_task', { status: 'failed' }, { commandId: 'c' })

    const reused = second.replayFailedInstance('t_task#0', null, { commandId: 'c' })

    await expect(reused).rejects.toMatchObject({ code: 'CommandIdReused' })
  })
})

describe('ids that are made here', () => {
  it('never come twice, and two sources share none', () => {
    const [one, two] = [new IdSequence(randomIds), new IdSequence(randomIds)]

    const ids = Array.from({ length: 1_000 }, (_, n) => (n % 2 ? one : two).next())

    expect(new Set(ids).size).toBe(1_000)
  })

  it('have at least 96 bits, of letters and digits', () => {
    expect(randomIds.random()).toMatch(/^[0-9a-v]{20,}$/)
  })
})
