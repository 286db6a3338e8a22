import type { Logger } from '@triggerkit/contracts'
import { createTriggers, defineTask } from '@triggerkit/engine'
import type { Command, Event, Triggers, TriggersOptions, View } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { finalizingManager, finalizingManagerDescriptor, FinalizingTriggerManager } from './index.js'

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

const tasks = [
  defineTask('app.pass', () => ({})),
  defineTask('app.fail', () => Promise.reject(new Error('No.'))),
  defineTask('app.skip', (context) => Promise.reject(context.skip())),
  defineTask('app.warn', (context) => context.withLogger({}, (logger) => logger.warn('Hm.'))),
  defineTask('app.error', (context) => context.withLogger({}, (logger) => logger.error('Bad.'))),
]

const LAST = { after: ['sessionFinalized'], run: 'app.pass' }

async function application(options: Partial<TriggersOptions> = {}, managerClass = FinalizingTriggerManager): Promise<Triggers> {
  const triggers = createTriggers({
    storage: memoryStorage(),
    runners: { inline: inlineRunner() },
    managers: { finalizing: managerClass },
    manager: 'finalizing',
    logger: silent,
    tasks,
    ...options,
  })
  await triggers.start()
  return triggers
}

async function fired(triggers: Triggers): Promise<readonly string[]> {
  return (await triggers.session('session').metadata()).firedTriggers
}

/** The view, telling of every look at a task's instances. */
function counting(view: View, tell: () => void): View {
  return new Proxy(view, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      if (name === 'counters' || name === 'unresolved') tell()
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

describe('FinalizingTriggerManager', () => {
  it('fires its trigger when the last task has finished, and the tasks that wait for it run', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['a'], run: 'app.pass' }, t_b: { after: ['t_a', 'b'], run: 'app.pass' }, t_last: LAST })

    await manager.fire('a')
    await triggers.idle()
    const before = await fired(triggers)
    await manager.fire('b')
    await triggers.idle()

    expect(before).not.toContain('sessionFinalized')
    expect((await manager.instance('t_last#0')).status).toBe('finished')
  })

  it('fires it in the very commit that resolves the last thing', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['never'], run: 'app.pass' } })
    const { instance } = await manager.createInstance('t_a')
    const { version } = await manager.metadata()

    await manager.updateInstanceStatus(instance, 'finished')

    expect(await manager.metadata()).toMatchObject({ version: version + 1, firedTriggers: ['sessionFinalized'] })
  })

  it('fires it once, whatever comes later', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: [], andEvery: 'a', run: 'app.pass' }, t_last: { after: [], andEvery: 'sessionFinalized', run: 'app.pass' } })

    for (let count = 0; count < 3; count += 1) {
      await manager.fire('a')
      await triggers.idle()
    }

    expect((await manager.instancesOfTask('t_a')).length).toBe(3)
    expect((await manager.instancesOfTask('t_last')).length).toBe(1)
  })

  it('waits for tasks that have no instance yet', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['a'], run: 'app.pass' }, t_b: { after: ['b'], run: 'app.pass' } })

    await manager.fire('a')
    await triggers.idle()
    const before = await fired(triggers)
    await manager.fire('b')
    await triggers.idle()

    expect([before, await fired(triggers)]).toEqual([
      ['a', 't_a'],
      ['a', 't_a', 'b', 't_b', 'sessionFinalized'],
    ])
  })

  it('does not wait for what waits for its trigger through others', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_mail: { after: ['t_last'], run: 'app.pass' }, t_last: LAST, t_a: { after: ['a'], run: 'app.pass' } })

    await manager.fire('a')
    await triggers.idle()

    expect((await manager.instance('t_mail#0')).status).toBe('finished')
  })

  it('does not take a configuration for the end', async () => {
    const triggers = await application()

    await triggers.manager('session').updateConfiguration({ t_last: LAST })

    expect(await fired(triggers)).toEqual([])
  })

  it('does not end a session that has no configuration', async () => {
    const triggers = await application()

    await triggers.manager('session').fire('a')

    expect(await fired(triggers)).toEqual(['a'])
  })

  it('looks after an abandoned instance, a task that skips itself and one that is skipped', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({
      t_abandoned: { after: ['never'], unless: ['a'], run: 'app.pass' },
      t_skip: { after: ['a'], run: 'app.skip' },
      t_fail: { after: ['a'], run: 'app.fail' },
    })
    await manager.fire('a')
    await triggers.idle()
    const before = await fired(triggers)

    await manager.skipFailedInstance('t_fail#0')

    expect([before, await fired(triggers)]).toEqual([['a'], ['a', 'sessionFinalized']])
  })

  it('does not take a replayed or cancelled instance for the end', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_fail: { after: ['a'], run: 'app.fail' } })
    await manager.fire('a')
    await triggers.idle()

    await manager.replayFailedInstance('t_fail#0')
    await triggers.idle()
    const { instance } = await manager.cloneInstance('t_fail#1')
    await manager.cancelInstance(instance)
    await manager.skipFailedInstance('t_fail#1')
    const before = await fired(triggers)
    await manager.skipFailedInstance(instance)

    expect([before, await fired(triggers)]).toEqual([['a'], ['a', 'sessionFinalized']])
  })

  it('waits for a task that gets another instance after all of its others were resolved', async () => {
    const triggers = await application()
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['never'], run: 'app.pass' }, t_b: { after: ['never'], run: 'app.pass' } })
    const open = async (task: string): Promise<string> => (await manager.createInstance(task)).instance
    const [a, b] = [await open('t_a'), await open('t_b')]
    await manager.updateInstanceStatus(b, 'finished')
    const again = await open('t_b')

    await manager.updateInstanceStatus(a, 'finished')
    const before = await fired(triggers)
    await manager.updateInstanceStatus(again, 'skipped')

    expect([before, await fired(triggers)]).toEqual([[], ['sessionFinalized']])
  })

  it('looks at few tasks a command, however many there are', async () => {
    const counts = { reactions: 0, looks: 0 }
    class Counting extends FinalizingTriggerManager {
      static override react(events: readonly Event[], view: View): readonly Command[] {
        counts.reactions += 1
        return super.react(events, counting(view, () => (counts.looks += 1)))
      }
    }
    const triggers = await application({}, Counting)
    const manager = triggers.manager('session')
    await manager.updateConfiguration(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`t_${n}`, { after: ['a'], run: n === 50 ? 'app.fail' : 'app.pass' }])))

    await manager.fire('a')
    await triggers.idle()
    await manager.skipFailedInstance('t_50#0')

    expect(await fired(triggers)).toContain('sessionFinalized')
    expect(counts.reactions).toBeGreaterThan(200)
    expect(counts.looks / counts.reactions).toBeLessThan(5)
  })

  it('fires once when two processes resolve the last things at the same time', async () => {
    const storage = memoryStorage()
    const [one, other] = [await application({ storage }), await application({ storage })]
    const manager = one.manager('session')
    await manager.updateConfiguration({ t_a: { after: [], andEvery: 'never', run: 'app.pass' }, t_last: { after: [], andEvery: 'sessionFinalized', run: 'app.pass' } })
    const instances = await Promise.all([1, 2, 3, 4].map(async () => (await manager.createInstance('t_a', { status: 'failed' })).instance))
    await other.manager('session').metadata()

    await Promise.all(instances.map((instance, index) => (index % 2 === 0 ? one : other).manager('session').skipFailedInstance(instance)))
    await one.settled('session')

    expect((await manager.instancesOfTask('t_last')).map(({ status }) => status)).toEqual(['finished'])
  })
})

describe('finalizingManager', () => {
  it('fires another trigger', async () => {
    const triggers = await application({}, finalizingManager({ trigger: 'surveyDone' }))
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['a'], run: 'app.pass' }, t_last: { after: ['surveyDone'], run: 'app.pass' } })

    await manager.fire('a')
    await triggers.idle()

    expect(await fired(triggers)).toEqual(['a', 't_a', 'surveyDone', 't_last'])
  })

  it.each([
    ['WARNING', 'app.warn', true],
    ['WARNING', 'app.error', true],
    ['ERROR', 'app.warn', false],
    ['ERROR', 'app.error', true],
  ] as const)('held back at %s by what %s logs: %s, until the logs are marked as resolved', async (holdBackAt, run, held) => {
    const triggers = await application({}, finalizingManager({ holdBackAt }))
    const manager = triggers.manager('session')
    await manager.updateConfiguration({ t_a: { after: ['a'], run } })
    await manager.fire('a')
    await triggers.idle()
    const before = await fired(triggers)

    await manager.markInstanceLogsResolved('t_a#0')

    expect(before.includes('sessionFinalized')).toBe(!held)
    expect(await fired(triggers)).toEqual(['a', 't_a', 'sessionFinalized'])
  })

  it.each([{ trigger: '' }, { trigger: 7 }, { holdBackAt: 'INFO' }])('refuses %j', (options) => {
    expect(() => finalizingManager(options as never)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  })
})

describe('finalizingManagerDescriptor', () => {
  it('registers the class under its key', () => {
    expect([finalizingManagerDescriptor.key, finalizingManagerDescriptor.create]).toEqual(['finalizing', FinalizingTriggerManager])
  })
})
