import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask, TriggerManager } from './index.js'
import type { Command, Event } from './index.js'

type Hook = (manager: TriggerManager, told: string) => void | Promise<void>

/** A started process whose manager tells every hook to the function; its task fails when its kwargs say so. */
async function prepared(hook: Hook) {
  class Told extends TriggerManager {
    override postFire(trigger: string, scheduled: readonly string[]): void | Promise<void> {
      return hook(this, `fire ${trigger}${scheduled.map((name) => ` ${name}`).join('')}`)
    }
    override postReplay(original: string, clone: string): void | Promise<void> {
      return hook(this, `replay ${original} ${clone}`)
    }
    override postSkip(instance: string, cascade: boolean): void | Promise<void> {
      return hook(this, `skip ${instance} ${cascade}`)
    }
  }
  const task = defineTask('app.task', ({ triggerKwargs }) => {
    if (triggerKwargs['go']?.['fail']) throw new Error('No.')
  })
  const world = new World({ open: (now) => memoryStorage({ now }), runner: () => inlineRunner() })
  const process = await world.started({ tasks: [task], managers: { told: Told }, manager: 'told' })
  const manager = process.triggers.manager('s')
  await manager.updateConfiguration({ t_task: { after: [], andEvery: 'go', run: 'app.task' } })
  return { world, manager, ...process }
}

describe('hooks', () => {
  it('run after the commit', async () => {
    const statuses: string[] = []
    const { manager, triggers } = await prepared(async (hooked, told) => {
      if (told.startsWith('fire go')) statuses.push((await hooked.instance('t_task#0')).status)
    })

    await manager.fire('go', { fail: true })
    await triggers.idle()

    expect(statuses).toEqual([expect.stringMatching(/scheduled|running|failed/)])
  })

  it('are told of a group in commit order, and before their commands resolve', async () => {
    const told: string[] = []
    const { manager } = await prepared((_, what) => void told.push(what))

    await Promise.all(['a', 'b', 'c'].map((trigger) => manager.fire(trigger).then(() => told.push(`${trigger} resolved`))))

    expect(told.filter((what) => what.startsWith('fire'))).toEqual(['fire a', 'fire b', 'fire c'])
    for (const trigger of ['a', 'b', 'c']) expect(told.indexOf(`${trigger} resolved`)).toBeGreaterThan(told.indexOf(`fire ${trigger}`))
  })

  it('are told of all that one commit did before anything of the next', async () => {
    const told: string[] = []
    const { manager } = await prepared((_, what) => void told.push(what))

    await Promise.all([manager.transaction((transaction) => ['a', 'b', 'c'].map((trigger) => transaction.fire(trigger))), manager.fire('d')])

    expect(told).toEqual(['fire a', 'fire b', 'fire c', 'fire d'])
  })

  it('are told of replays, of skips after their cascade, and of cascades', async () => {
    const told: string[] = []
    const { manager, triggers } = await prepared((_, what) => void told.push(what))
    await manager.fire('go', { fail: true })
    await triggers.idle()

    await manager.replayFailedInstance('t_task#0')
    await triggers.idle()
    await manager.skipFailedInstance('t_task#1', { cascade: true })
    await manager.fire('go')
    await triggers.idle()

    expect(told).toEqual([
      'fire go t_task#0', 'replay t_task#0 t_task#1', 'fire t_task', 'skip t_task#1 true', 'fire go t_task#2', 'fire t_task',
    ])
  })

  it('are told of what reactions fire when a task begins, and when it is given up', async () => {
    const told: string[] = []
    class Alarming extends TriggerManager {
      static override readonly react = (events: readonly Event[]): readonly Command[] =>
        events.flatMap(({ type }) => (type === 'instanceRunning' || type === 'instanceFailed' ? [{ type: 'fire', trigger: type, kwargs: {} }] : []))
      override postFire(trigger: string): void {
        told.push(trigger)
      }
    }
    const store = new MemoryStore()
    const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
    const options = { tasks: [defineTask('app.task', () => new Promise(() => undefined))], managers: { alarming: Alarming }, manager: 'alarming', maxLosses: 1 }
    const [one] = [await world.started(options), await world.started(options)]
    await one.triggers.manager('s').updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })

    await one.triggers.manager('s').fire('go')
    await world.settle()
    one.kill()
    await world.advance(20_000)

    expect(told).toEqual(['go', 'instanceRunning', 'instanceFailed'])
  })

  it('may fire in the same session, after a command and after a cascade', async () => {
    const { manager, triggers } = await prepared(async (hooked, told) => {
      if (told.startsWith('fire go')) await hooked.fire('from the command')
      if (told === 'fire t_task') await hooked.fire('from the cascade')
    })

    await manager.fire('go')
    await triggers.idle()

    expect((await manager.metadata()).firedTriggers).toEqual(expect.arrayContaining(['from the command', 'from the cascade']))
  })

  it.each([
    ['throws', () => { throw new Error('No.') }],
    ['rejects', async () => Promise.reject(new Error('No.'))],
  ])('that %s is reported, and undoes nothing', async (_, fail) => {
    const { manager, logger, triggers } = await prepared(fail)

    const { scheduled } = await manager.fire('go')
    await triggers.idle()

    expect(scheduled).toEqual(['t_task#0'])
    expect((await manager.instance('t_task#0')).status).toBe('finished')
    expect(logger.alarms).toContain('A hook failed; what it was called for stands.')
  })

  it('that never ends keeps its command for no longer than the time limit, and holds up no other', async () => {
    const { world, manager, logger } = await prepared((_, told) => (told === 'fire stuck' ? new Promise(() => undefined) : undefined))
    let ended = false

    const stuck = manager.fire('stuck').then((answer) => ((ended = true), answer))
    await manager.fire('other')
    const early = ended
    await world.advance(10_500)

    expect([early, (await stuck).duplicate]).toEqual([false, false])
    expect(logger.alarms).toEqual([expect.stringContaining('did not end in time')])
  })

  it('are not run for what was not committed', async () => {
    const told: string[] = []
    const { manager, storage } = await prepared((_, what) => void told.push(what))
    storage.fail('commit', 'refused')

    await Promise.allSettled([manager.fire('go')])
    await Promise.allSettled([manager.transaction((transaction) => {
      transaction.fire('go')
      throw new Error('No.')
    })])

    expect(told).toEqual([])
  })

  it('follow the one commit of a transaction, in the order of its commands', async () => {
    const told: string[] = []
    const { manager } = await prepared((_, what) => void told.push(what))

    await manager.transaction((transaction) => ['a', 'b'].map((trigger) => transaction.fire(trigger)))

    expect(told).toEqual(['fire a', 'fire b'])
  })
})
