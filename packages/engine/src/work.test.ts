import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask, TriggerManager } from './index.js'
import type { Command, Event, ManagerClass, View } from './index.js'

/** A process whose sessions belong to a manager with these reactions. */
async function reacting(react: (events: readonly Event[], view: View) => readonly Command[]) {
  class Reacting extends TriggerManager {
    static override readonly react: NonNullable<ManagerClass['react']> = react
  }
  const world = new World({ open: (now) => memoryStorage({ now }), runner: () => inlineRunner() })
  const task = defineTask('app.task', () => undefined)
  const process = await world.started({ tasks: [task], managers: { reacting: Reacting }, manager: 'reacting' })
  const manager = process.triggers.manager('s')
  return { world, manager, ...process }
}

const fired = (events: readonly Event[], trigger: string): boolean => events.some((event) => event.type === 'fired' && event.trigger === trigger)

describe('reactions', () => {
  it('enter the commit of what they react to', async () => {
    const { manager, storage } = await reacting((events) => (fired(events, 'one') ? [{ type: 'fire', trigger: 'two', kwargs: { n: 2 } }] : []))

    await manager.fire('one')

    expect(storage.committed).toHaveLength(1)
    expect(await manager.latestKwargs()).toEqual({ one: {}, two: { n: 2 } })
  })

  it('see the session as it will be, and are called until none comes back', async () => {
    const { manager, triggers } = await reacting((events, view) => {
      if (fired(events, 'go')) return [{ type: 'configure', tasks: [['t_late', configurationOf('next')]], catchUp: true }]
      if (events.some(({ type }) => type === 'configured') && view.latestFiring('next') === undefined) {
        return [{ type: 'fire', trigger: 'next', kwargs: {} }]
      }
      return []
    })

    await manager.fire('go')
    await triggers.idle()

    expect((await manager.instance('t_late#0')).status).toBe('finished')
  })

  it('answer commands inside a transaction at once', async () => {
    const { manager } = await reacting((events) => (fired(events, 'one') ? [{ type: 'fire', trigger: 'two', kwargs: {} }] : []))

    const seen = await manager.transaction((transaction) => {
      transaction.fire('one')
      return transaction.hasFired('two')
    })

    expect(seen).toBe(true)
  })

  it('without end commit nothing, and leave the others of their group alone', async () => {
    let rounds = 0
    const { manager, storage } = await reacting((events) => {
      if (!fired(events, 'loop')) return []
      rounds += 1
      return [{ type: 'fire', trigger: 'loop', kwargs: {} }]
    })

    const answers = await Promise.allSettled([manager.fire('before'), manager.fire('loop'), manager.fire('after')])

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(answers[1]).toMatchObject({ reason: { code: 'ReactionLoop' } })
    expect(rounds).toBe(101)
    expect((await manager.metadata()).firedTriggers).toEqual(['before', 'after'])
    expect(storage.committed).toHaveLength(1)
  })

  it('without end discard a whole transaction, even if it catches the error', async () => {
    const { manager } = await reacting((events) => (fired(events, 'loop') ? [{ type: 'fire', trigger: 'loop', kwargs: {} }] : []))

    const transaction = manager.transaction((transaction) => {
      transaction.fire('before')
      try {
        transaction.fire('loop')
      } catch {
        return 'caught'
      }
      return 'no error'
    })

    await expect(transaction).rejects.toMatchObject({ code: 'ReactionLoop' })
    expect((await manager.metadata()).exists).toBe(false)
  })

  it('that throw reject the command, and commit nothing', async () => {
    const { manager } = await reacting(() => {
      throw new RangeError('No.')
    })

    await expect(manager.fire('go')).rejects.toBeInstanceOf(RangeError)
    expect((await manager.metadata()).exists).toBe(false)
  })

  it('are decided on the class, so that what runs elsewhere has them, too', async () => {
    const { manager, triggers, storage } = await reacting((events) => (fired(events, 't_task') ? [{ type: 'fire', trigger: 'last', kwargs: {} }] : []))
    await manager.updateConfiguration([['t_task', { after: ['go'], run: 'app.task' }]])

    await manager.fire('go')
    await triggers.idle()

    const finish = storage.committed.at(-1)?.change.working.put
    expect([finish?.has('l/t_task'), finish?.has('l/last')]).toEqual([true, true])
  })
})

function configurationOf(trigger: string) {
  return { after: [trigger], andEvery: null, unless: [], withParams: {}, run: 'app.task', using: null, extras: {} }
}
