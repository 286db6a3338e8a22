import type { Job, Presence, Runner } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import type { WorldProcess } from './fakes/world.js'
import { defineTask } from './index.js'
import type { TaskContext, TriggersOptions } from './index.js'

const LEASE = 8_000
/** The lease, and the time to the next sweep. */
const LONGEST_TAKEOVER = LEASE + 1_250

interface Run {
  readonly by: string
  readonly context: TaskContext
  readonly finish: (result?: object) => void
}

/** Processes by name over one store, whose task tells of each run and ends when the test says so. */
class Theatre {
  readonly world: World
  readonly runs: Run[] = []
  readonly processes = new Map<string, WorldProcess>()

  constructor() {
    const store = new MemoryStore()
    this.world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  }

  process(by: string, options: Partial<TriggersOptions> = {}): WorldProcess {
    const task = defineTask('app.task', (context) => new Promise((resolve) => this.runs.push({ by, context, finish: resolve })))
    const process = this.world.process({ tasks: [task], ...options })
    this.processes.set(by, process)
    return process
  }

  async started(by: string, options: Partial<TriggersOptions> = {}): Promise<WorldProcess> {
    const process = this.process(by, options)
    await process.triggers.start()
    return process
  }
}

const configuration = { t_task: { after: ['go'], run: 'app.task' }, t_next: { after: ['t_task'], run: 'app.task' } }

/** Two started processes, and the task begun in the first. */
async function running() {
  const theatre = new Theatre()
  const [one, two] = [await theatre.started('one'), await theatre.started('two')]
  const [first, second] = [one.triggers.manager('s'), two.triggers.manager('s')]
  await first.updateConfiguration(configuration)
  await first.fire('go')
  await theatre.world.settle()
  return { theatre, world: theatre.world, runs: theatre.runs, one, two, first, second }
}

describe('a process that has not started', () => {
  it('commits what is scheduled, and hands nothing to a runner that would lose it', async () => {
    const theatre = new Theatre()
    const { world, runs } = theatre
    const idle = theatre.process('idle')
    const manager = idle.triggers.manager('s')
    await manager.updateConfiguration(configuration)

    const { scheduled } = await manager.fire('go')
    await world.advance(60_000)

    expect(scheduled).toEqual(['t_task#0'])
    expect([(await manager.instance('t_task#0')).status, runs.length]).toEqual(['scheduled', 0])
  })

  it('leaves it to a started one, which takes it at its next sweep', async () => {
    const theatre = new Theatre()
    const { world, runs } = theatre
    const [idle] = [theatre.process('idle'), await theatre.started('busy')]
    const manager = idle.triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')

    await world.advance(1_100)

    expect(runs.map(({ by, context }) => [by, context.attempt])).toEqual([['busy', 1]])
  })

  it('raises no attempt by sweeping what it can not run', async () => {
    const theatre = new Theatre()
    const { world, runs } = theatre
    const idle = theatre.process('idle')
    const manager = idle.triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')
    const before = idle.storage.committed.length

    for (let n = 0; n < 5; n += 1) {
      await idle.triggers.sweep()
      await world.advance(2_000)
    }

    expect([idle.storage.committed.length, runs.length]).toEqual([before, 0])
  })
})

describe('an execution', () => {
  it('begins once, however often its job is delivered', async () => {
    const theatre = new Theatre()
    const { world, runs } = theatre
    const jobs: Job[] = []
    const runners = { kept: keeping(jobs) }
    const [one, two] = [theatre.process('one', { runners }), theatre.process('two', { runners })]
    await one.triggers.manager('s').updateConfiguration(configuration)
    await one.triggers.manager('s').fire('go')
    const job = jobs[0] as Job

    const reports = Promise.all([one.triggers.execute(job), two.triggers.execute(job), one.triggers.execute(job)])
    await world.settle()
    runs[0]?.finish()
    const late = await reports.then(() => two.triggers.execute(job))

    expect((await reports).map(({ outcome }) => outcome).sort()).toEqual(['dropped', 'dropped', 'finished'])
    expect([late.outcome, runs.length]).toEqual(['dropped', 1])
  })

  it('is taken up by another process when its owner has died, and only its successor counts', async () => {
    const { world, runs, one, second } = await running()

    one.kill()
    await world.advance(LEASE + 3_000)
    runs[1]?.finish({ by: 'two' })
    await world.settle()

    expect(runs.slice(0, 2).map(({ context }) => [context.instance, context.attempt])).toEqual([['t_task#0', 1], ['t_task#0', 2]])
    expect(await second.instance('t_task#0')).toMatchObject({ status: 'finished', result: { by: 'two' } })
    expect((await second.latestKwargs())['t_task']).toEqual({ by: 'two' })
  })

  it('is taken up within two seconds where presence tells of its death, however long leases are', async () => {
    const theatre = new Theatre()
    const dead = new Set<string>()
    const presence: Presence = {
      leaseMs: 600_000,
      announce: async () => async () => undefined,
      alive: async (owners) => owners.filter((owner) => !dead.has(owner)),
      onDeath: () => () => undefined,
      whileSweeper: (run) => run(),
    }
    const one = await theatre.started('one', { presence })
    await theatre.started('two', { presence })
    await one.triggers.manager('s').updateConfiguration(configuration)
    await one.triggers.manager('s').fire('go')
    await theatre.world.advance(30_000)

    const [owner] = (await one.storage.owners()).owners.keys()
    one.kill()
    dead.add(owner as string)
    await theatre.world.advance(2_000)

    expect(theatre.runs.map(({ by, context }) => [by, context.attempt])).toEqual([['one', 1], ['two', 2]])
  })

  it('is taken up half a second after the news of its owner\'s death, whenever that comes', async () => {
    const theatre = new Theatre()
    const dead = new Set<string>()
    const listeners = new Set<(owner: string) => void>()
    const presence: Presence = {
      leaseMs: 600_000,
      announce: async () => async () => undefined,
      alive: async (owners) => owners.filter((owner) => !dead.has(owner)),
      onDeath: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      whileSweeper: (run) => run(),
    }
    const one = await theatre.started('one', { presence })
    await theatre.started('two', { presence })
    await one.triggers.manager('s').updateConfiguration(configuration)
    await one.triggers.manager('s').fire('go')
    await theatre.world.advance(30_050)

    const [owner = ''] = (await one.storage.owners()).owners.keys()
    one.kill()
    dead.add(owner)
    for (const listener of listeners) listener(owner)
    await theatre.world.advance(600)

    expect(theatre.runs.map(({ by, context }) => [by, context.attempt])).toEqual([['one', 1], ['two', 2]])
  })

  it('of a process that only seemed dead has its outcome refused and its signal aborted', async () => {
    const { world, runs, one, second } = await running()

    one.storage.always = 'unsent'
    await world.advance(LEASE + 4_000)
    one.storage.always = null
    await world.advance(12_000)
    const aborted = runs[0]?.context.signal.aborted
    runs[0]?.finish({ by: 'one' })
    runs[1]?.finish({ by: 'two' })
    await world.advance(1_000)

    expect([aborted, runs[0]?.context.signal.reason]).toEqual([true, expect.objectContaining({ code: 'StaleExecutionError' })])
    expect((await second.instance('t_task#0')).result).toEqual({ by: 'two' })
    expect((await second.instances()).map(({ name }) => name)).toEqual(['t_task#0', 't_next#0'])
  })

  it('whose outcome comes before its process has noticed is refused all the same', async () => {
    const { world, runs, one, second } = await running()
    one.storage.always = 'hangs'
    await world.advance(LEASE + 3_000)
    one.storage.always = null

    runs[0]?.finish({ by: 'one' })
    await world.settle()
    runs[1]?.finish({ by: 'two' })
    await world.advance(20_000)

    expect((await second.instance('t_task#0')).result).toEqual({ by: 'two' })
  })

  it('may last longer than the lease while its owner lives', async () => {
    const { world, runs, first } = await running()

    await world.advance(20 * LEASE)
    runs[0]?.finish()
    await world.settle()

    expect(runs.map(({ context }) => context.instance)).toEqual(['t_task#0', 't_next#0'])
    expect((await first.instance('t_task#0')).status).toBe('finished')
  })

  it('fails with ExecutionLost when it was lost too often', async () => {
    const { theatre, world, runs, second } = await running()
    for (const name of ['three', 'four']) await theatre.started(name)
    const manager = theatre.process('watcher').triggers.manager('s')

    for (let n = 0; n < 3; n += 1) {
      theatre.processes.get(runs.at(-1)?.by as string)?.kill()
      await world.advance(LONGEST_TAKEOVER)
    }

    expect(second.uid).toBe('s')
    expect(runs.map(({ context }) => context.attempt)).toEqual([1, 2, 3])
    expect(await manager.instance('t_task#0')).toMatchObject({ status: 'failed', error: { code: 'ExecutionLost', context: { losses: 3 } } })
  })

  it.each(['one', 'two'])('whose outcome could not be recorded runs again in its own process, which still lives (%s)', async (name) => {
    const theatre = new Theatre()
    const { world, runs } = theatre
    for (const other of ['one', 'two']) await theatre.started(other)
    const { triggers, storage } = theatre.processes.get(name) as WorldProcess
    const manager = triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')
    await world.settle()
    storage.fail('commit', 'refused', 'refused')

    runs[0]?.finish()
    await world.advance(LEASE + 3_000)
    runs[1]?.finish({ second: true })
    await world.settle()

    expect(runs.slice(0, 2).map(({ by, context }) => [by, context.instance, context.attempt])).toEqual([[name, 't_task#0', 1], [name, 't_task#0', 2]])
    expect((await manager.instance('t_task#0')).result).toEqual({ second: true })
  })
})

describe('work that waits in the memory of a process', () => {
  it('is handed over anew when that has died, without counting as lost', async () => {
    const theatre = new Theatre()
    const { world, runs } = theatre
    const one = await theatre.started('one', { runners: { inline: inlineRunner({ concurrency: 1 }) } })
    const two = await theatre.started('two')
    const manager = two.triggers.manager('s')
    await one.triggers.manager('s').updateConfiguration({ t_task: { after: [], andEvery: 'go', run: 'app.task' } })
    for (let n = 0; n < 2; n += 1) await one.triggers.manager('s').fire('go')
    await world.settle()

    one.kill()
    await world.advance(LEASE + 3_000)

    const { working } = two.storage.committed.at(-1)?.change ?? {}
    expect(runs.map(({ by, context }) => [by, context.instance, context.attempt])).toEqual([
      ['one', 't_task#0', 1], ['two', 't_task#0', 2], ['two', 't_task#1', 2],
    ])
    expect([...(working?.put.values() ?? [])]).toEqual(expect.not.arrayContaining([expect.objectContaining({ name: 't_task#1', losses: 1 })]))
    expect((await manager.instances()).map(({ status }) => status)).toEqual(['running', 'running'])
  })

  it('is left to its process while that lives', async () => {
    const theatre = new Theatre()
    const { world, runs } = theatre
    const one = await theatre.started('one', { runners: { inline: inlineRunner({ concurrency: 1 }) } })
    await theatre.started('two')
    await one.triggers.manager('s').updateConfiguration({ t_task: { after: [], andEvery: 'go', run: 'app.task' } })
    for (let n = 0; n < 2; n += 1) await one.triggers.manager('s').fire('go')

    await world.advance(10 * LEASE)
    runs[0]?.finish()
    await world.settle()

    expect(runs.map(({ by, context }) => [by, context.instance, context.attempt])).toEqual([['one', 't_task#0', 1], ['one', 't_task#1', 1]])
  })
})

describe('an execution that is repeated after a crash', () => {
  it('has fired once all the same, by itself and in transactions', async () => {
    const theatre = new Theatre()
    const { world } = theatre
    const task = defineTask('app.task', async ({ manager, attempt }) => {
      await manager.fire('single')
      await manager.fire('single')
      await manager.transaction((transaction) => [transaction.fire('joint'), transaction.fire('joint')])
      await manager.transaction((transaction) => transaction.fire('joint'))
      if (attempt === 1) await new Promise(() => undefined)
    })
    const [one, two] = [await world.started({ tasks: [task] }), await world.started({ tasks: [task] })]
    const manager = two.triggers.manager('s')
    await manager.updateConfiguration({
      t_task: { after: ['go'], run: 'app.task' },
      t_single: { after: ['never'], andEvery: 'single', run: 'app.task' },
      t_joint: { after: ['never'], andEvery: 'joint', run: 'app.task' },
    })
    await one.triggers.manager('s').fire('go')
    await world.settle()

    one.kill()
    await world.advance(LEASE + 3_000)

    expect((await manager.instance('t_task#0')).status).toBe('finished')
    expect((await manager.instances()).map(({ name }) => name)).toEqual([
      't_task#0', 't_single#0', 't_single#1', 't_joint#0', 't_joint#1', 't_joint#2',
    ])
  })
})

describe('what a repeated execution commands', () => {
  it('is done once all the same, whatever it is', async () => {
    const theatre = new Theatre()
    const { world } = theatre
    const replays: unknown[] = []
    const task = defineTask('app.task', async ({ manager, attempt }) => {
      const { instance } = await manager.createInstance('t_made', { status: 'failed' })
      await manager.createInstance('t_made')
      replays.push(await manager.replayFailedInstance(instance))
      replays.push(await manager.transaction((transaction) => transaction.replayFailedInstance(transaction.createInstance('t_made', { status: 'failed' }).instance)))
      if (attempt === 1) await new Promise(() => undefined)
    })
    const tasks = [task, defineTask('app.made', () => ({}))]
    const [one, two] = [await world.started({ tasks }), await world.started({ tasks })]
    const manager = two.triggers.manager('s')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' }, t_made: { after: ['never'], run: 'app.made' } })
    await one.triggers.manager('s').fire('go')
    await world.settle()

    one.kill()
    await world.advance(LEASE + 3_000)

    expect((await manager.instance('t_task#0')).status).toBe('finished')
    expect(replays.slice(2)).toEqual(replays.slice(0, 2))
    expect((await manager.instancesOfTask('t_made')).map(({ parent }) => parent)).toEqual([null, null, 't_made#0', null, 't_made#3'])
  })
})

describe('a lease that has lapsed', () => {
  it('makes its process abort what it ran, and go on under a new name', async () => {
    const { theatre, world, runs, one } = await running()
    theatre.processes.get('two')?.kill()
    one.storage.always = 'unsent'
    await world.advance(LEASE + 1_000)

    one.storage.always = null
    await world.advance(2 * LEASE)

    expect(runs[0]?.context.signal.aborted).toBe(true)
    expect(runs.map(({ by, context }) => [by, context.attempt])).toEqual([['one', 1], ['one', 2]])
    expect(one.logger.alarms).toContain('The lease of this process has lapsed; others take over what it ran.')
  })

  it('has what ran aborted as soon as that is known, before anything else is', async () => {
    const { theatre, world, runs, one } = await running()
    theatre.processes.get('two')?.kill()
    one.storage.always = 'unsent'
    await world.advance(LEASE + 1_000)

    one.storage.hold('load')
    one.storage.always = null
    await world.advance(3_000)

    expect(runs[0]?.context.signal.aborted).toBe(true)
  })

  it('is kept while the process is held up by anything but its own lease', async () => {
    const { world, runs, one } = await running()
    one.storage.fail('heartbeat', 'unsent', 'reply lost')

    await world.advance(5 * LEASE)

    expect([runs.length, runs[0]?.context.signal.aborted]).toEqual([1, false])
  })

  it('does not lapse of itself where sweeps are rarer than the lease', async () => {
    const theatre = new Theatre()
    const one = await theatre.started('one', { sweepEvery: '60s' })
    const manager = one.triggers.manager('s')
    await manager.updateConfiguration(configuration)
    await manager.fire('go')

    await theatre.world.advance(200_000)

    expect([theatre.runs.length, theatre.runs[0]?.context.signal.aborted]).toEqual([1, false])
  })
})

describe('an execution that is overruled', () => {
  it.each(['elsewhere', 'here'])('by a status set by hand %s has its signal aborted, and its finish is stale', async (where) => {
    const { world, runs, first, second } = await running()

    await (where === 'here' ? first : second).updateInstanceStatus('t_task#0', 'failed')
    await world.advance(3_000)
    runs[0]?.finish()
    await world.settle()

    expect(runs[0]?.context.signal.aborted).toBe(true)
    expect((await first.instance('t_task#0')).status).toBe('failed')
    expect(await first.instancesOfTask('t_next')).toEqual([])
  })

  it('by cancelInstance fails with Cancelled', async () => {
    const { world, runs, first, second } = await running()

    const answer = await second.cancelInstance('t_task#0')
    await world.advance(3_000)

    expect(answer.cancelled).toBe(true)
    expect(runs[0]?.context.signal.aborted).toBe(true)
    expect(await first.instance('t_task#0')).toMatchObject({ status: 'failed', error: { code: 'Cancelled' } })
  })

  it('by the end of its session has its signal aborted, and brings nothing back', async () => {
    const { world, runs, one, two } = await running()

    await two.triggers.delete('s')
    await world.advance(3_000)
    const aborted = runs[0]?.context.signal.aborted
    runs[0]?.finish()
    await world.advance(30_000)

    expect(aborted).toBe(true)
    expect(await one.triggers.sessions()).toEqual({ uids: [], next: null })
  })
})

/** A durable runner that keeps jobs, and runs none. */
function keeping(jobs: Job[]): Runner {
  return {
    key: 'kept',
    capabilities: { durable: true, delays: true, cancels: false },
    accepts: () => 'yes',
    dispatch: async (job) => (jobs.push(job), 'taken'),
    start: async () => undefined,
    cancel: async () => undefined,
    idle: async () => undefined,
    close: async () => undefined,
  }
}
