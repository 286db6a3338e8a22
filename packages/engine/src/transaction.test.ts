import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask, TriggerManager } from './index.js'
import type { ManagerClass, RecordedChange, Transaction, TriggersOptions } from './index.js'

async function prepared(options: Partial<TriggersOptions> = {}) {
  const world = new World({ open: (now) => memoryStorage({ now }), runner: () => inlineRunner() })
  const process = await world.started({ tasks: [defineTask('app.task', () => undefined)], ...options })
  const manager = process.triggers.manager('s')
  await manager.updateConfiguration({
    t_task: { after: ['go'], run: 'app.task' },
    t_bad: { after: ['bad'], run: 'app.missing' },
  })
  return { world, manager, ...process }
}

describe('a transaction', () => {
  it('is one change, whose commands see each other', async () => {
    const { manager, storage, triggers } = await prepared()
    const before = storage.committed.length

    const answer = await manager.transaction((transaction) => {
      const { scheduled } = transaction.fire('go')
      return [scheduled, transaction.statusOf('t_task#0'), transaction.hasFired('go'), transaction.unresolvedTasks()]
    })
    const { working, archive } = storage.committed[before]?.change ?? {}

    expect(answer).toEqual([['t_task#0'], 'scheduled', true, ['t_task', 't_bad']])
    expect([[...(working?.put.keys() ?? [])], archive?.put.size]).toEqual([expect.arrayContaining(['l/go', 'i/00000/000000000']), 1])
    await triggers.idle()
    expect((await manager.instance('t_task#0')).status).toBe('finished')
  })

  it('is discarded by whatever its function throws', async () => {
    const { manager, triggers } = await prepared()

    const failed = manager.transaction((transaction) => {
      transaction.fire('go')
      throw new RangeError('No.')
    })

    await expect(failed).rejects.toBeInstanceOf(RangeError)
    await triggers.idle()
    expect(await manager.instances()).toEqual([])
  })

  it('is discarded by a refused scheduling, even if the function catches it', async () => {
    const { manager } = await prepared()

    const refused = manager.transaction((transaction) => {
      transaction.fire('go')
      try {
        transaction.fire('bad')
      } catch {
        return 'caught'
      }
      return 'not refused'
    })

    await expect(refused).rejects.toMatchObject({ code: 'SchedulingRefused', details: { committed: false } })
    expect(await manager.instances()).toEqual([])
  })

  it('goes on after an error that changed nothing and was caught', async () => {
    const { manager } = await prepared()

    await manager.transaction((transaction) => {
      try {
        transaction.cancelInstance('t_task#7')
      } catch {
        transaction.fire('unrelated')
      }
    })

    expect((await manager.metadata()).firedTriggers).toEqual(['unrelated'])
  })

  it('calls its function again once a resolved instance is read that it needs, and before its error is passed on', async () => {
    const { manager, triggers } = await prepared()
    await manager.fire('go')
    await triggers.idle()
    let calls = 0

    await manager.transaction((transaction) => [(calls += 1), transaction.cloneInstance('t_task#0')])
    const forClone = calls
    const failed = manager.transaction(() => {
      calls += 1
      throw new RangeError('No.')
    })

    await expect(failed).rejects.toBeInstanceOf(RangeError)
    expect([forClone, calls - forClone]).toEqual([2, 2])
    expect((await manager.instances()).map(({ name }) => name)).toEqual(['t_task#0', 't_task#1'])
  })

  it('leaves nothing of a command whose reactions failed, if its function catches that', async () => {
    class Reacting extends TriggerManager {
      static override readonly react: NonNullable<ManagerClass['react']> = (events) =>
        events.some((event) => event.type === 'fired' && event.trigger === 'go') ? [{ type: 'cancel', instance: 'nobody#0' }] : []
    }
    const { manager } = await prepared({ managers: { reacting: Reacting }, manager: 'reacting' })

    await manager.transaction((transaction) => {
      transaction.fire('early')
      expect(() => transaction.fire('go')).toThrow(expect.objectContaining({ code: 'UnknownInstance' }))
      transaction.fire('late')
    })

    expect((await manager.metadata()).firedTriggers).toEqual(['early', 'late'])
    expect(await manager.instances()).toEqual([])
  })

  it('records none of the commands that failed and were caught', async () => {
    const changes: RecordedChange[] = []
    const { manager } = await prepared({ recorder: { record: (change) => void changes.push(change) } })

    await manager.transaction((transaction) => {
      transaction.fire('early')
      expect(() => transaction.cancelInstance('nobody#0')).toThrow(expect.objectContaining({ code: 'UnknownInstance' }))
      transaction.fire('late')
    })

    expect(changes.at(-1)?.commands.map(({ command }) => command.type)).toEqual(['fire', 'fire'])
  })

  it('refuses an asynchronous function, and commits nothing of it', async () => {
    const { manager } = await prepared()

    const refused = manager.transaction(async (transaction) => {
      transaction.fire('go')
      await Promise.reject(new Error('Nobody hears this.'))
    })

    await expect(refused).rejects.toMatchObject({ code: 'InvalidArgument' })
    expect(await manager.instances()).toEqual([])
  })

  it('takes no command once it has ended', async () => {
    const { manager } = await prepared()
    let kept: Transaction | undefined
    await manager.transaction((transaction) => void (kept = transaction))

    expect(() => kept?.fire('go')).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  })
})
