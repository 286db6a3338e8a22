import type { DispatchAnswer, DispatchOptions, Job, Runner, RunnerCapabilities } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask, TriggerManager } from './index.js'
import type { TriggersOptions } from './index.js'
import { jobId } from './job.js'

/** A runner that keeps what it is given, and answers as the test says. */
class KeepingRunner implements Runner {
  readonly key = 'kept'
  readonly capabilities: RunnerCapabilities
  readonly given: { readonly job: Job; readonly repeated: boolean; readonly at: number }[] = []
  answer: (job: Job) => Promise<DispatchAnswer> = async () => 'taken'
  readonly #world: World

  constructor(world: World, capabilities: Partial<RunnerCapabilities> = {}) {
    this.#world = world
    this.capabilities = { durable: true, delays: true, cancels: false, ...capabilities }
  }

  accepts = () => 'yes' as const

  dispatch(job: Job, { repeated }: DispatchOptions): Promise<DispatchAnswer> {
    this.given.push({ job, repeated, at: this.#world.now() })
    return this.answer(job)
  }

  start = async (): Promise<void> => undefined
  cancel = async (): Promise<void> => undefined
  idle = async (): Promise<void> => undefined
  close = async (): Promise<void> => undefined
}

async function prepared(capabilities: Partial<RunnerCapabilities> = {}) {
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  const kept = new KeepingRunner(world, capabilities)
  const options: Partial<TriggersOptions> = { runners: { kept }, tasks: [defineTask('app.task', () => undefined)] }
  const process = await world.started(options)
  const manager = process.triggers.manager('s')
  await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task', colour: 'red' } })
  return { world, kept, manager, options, ...process }
}

describe('a hand-over', () => {
  it('comes after the commit', async () => {
    const { manager, kept, storage } = await prepared()
    const release = storage.hold('commit')

    const fired = manager.fire('go')
    await Promise.resolve()
    const before = kept.given.length
    release()
    await fired

    expect([before, kept.given.length]).toEqual([0, 1])
  })

  it('carries names alone', async () => {
    const { manager, kept, storage } = await prepared()

    await manager.fire('go', { secret: 'x' })

    const { incarnation } = storage.committed[0]?.change.expect ?? {}
    expect(kept.given[0]?.job).toEqual({
      id: `t-${incarnation}-0-0-1-1`, storage: 'memory', manager: 'default', uid: 's', incarnation, instance: 't_task#0',
      task: 't_task', run: 'app.task', runner: 'kept', round: 1, attempt: 1, notBefore: null,
    })
  })

  it('comes not at all if the commit fails, nor for a transaction that is discarded', async () => {
    const { manager, kept, storage } = await prepared()
    storage.fail('commit', 'refused')

    await Promise.allSettled([manager.fire('go')])
    await Promise.allSettled([manager.transaction((transaction) => {
      transaction.fire('go')
      throw new Error('No.')
    })])

    expect(kept.given).toEqual([])
  })

  it('that fails is told, and repeated under the same id by the sweep', async () => {
    const { world, manager, kept, logger } = await prepared()
    kept.answer = async () => Promise.reject(new Error('The queue is down.'))

    const { scheduled } = await manager.fire('go')
    kept.answer = async () => 'taken'
    await world.advance(11_000)

    expect(scheduled).toEqual(['t_task#0'])
    expect(logger.alarms).toContain('A hand-over failed; it will be repeated later.')
    expect(kept.given.map(({ repeated }) => repeated)).toEqual([false, true])
    expect(new Set(kept.given.map(({ job }) => job.id)).size).toBe(1)
  })

  it('that hangs keeps a command for no longer than the time limit, which then resolves', async () => {
    const { world, manager, kept, logger } = await prepared()
    kept.answer = () => new Promise(() => undefined)
    let ended = false

    const fired = manager.fire('go').then((answer) => ((ended = true), answer))
    await world.advance(9_500)
    const early = ended
    await world.advance(1_000)

    expect([early, ended]).toEqual([false, true])
    expect((await fired).scheduled).toEqual(['t_task#0'])
    expect(logger.alarms).toContain('A hand-over failed; it will be repeated later.')
  })

  it('is repeated at growing intervals', async () => {
    const { world, manager, kept } = await prepared()
    kept.answer = async (job) => (kept.given.length === 1 ? 'taken' : job ? 'present' : 'taken')

    await manager.fire('go')
    await world.advance(10 * 60_000)

    const times = kept.given.map(({ at }) => at)
    const intervals = times.slice(1).map((at, n) => at - (times[n] as number))
    expect(intervals[0]).toBeGreaterThanOrEqual(10_000)
    expect(intervals.slice(0, 3)).toEqual([...intervals.slice(0, 3)].sort((left, right) => left - right))
    expect(Math.max(...intervals)).toBeLessThanOrEqual(62_000)
    expect(intervals.length).toBeGreaterThan(8)
  })

  it('is not repeated early because another one of its session is', async () => {
    const { world, manager, kept } = await prepared()
    await manager.updateConfiguration({ t_second: { after: ['later'], run: 'app.task' } })
    await manager.fire('go')
    await world.advance(5_000)
    await manager.fire('later')

    await world.advance(6_500)

    expect(kept.given.map(({ job, repeated }) => [job.instance, repeated])).toEqual([['t_task#0', false], ['t_second#0', false], ['t_task#0', true]])
  })

  it('that the runner remembers as spent is made anew, under the next attempt', async () => {
    const { world, manager, kept } = await prepared()
    kept.answer = async ({ attempt }) => (attempt === 1 && kept.given.length > 1 ? 'spent' : 'taken')

    await manager.fire('go')
    await world.advance(11_000)

    expect(kept.given.map(({ job, repeated }) => [job.round, job.attempt, repeated])).toEqual([[1, 1, false], [1, 1, true], [1, 2, false]])
  })

  it('to a runner in memory that failed is repeated by its own process, whoever sweeps', async () => {
    const { world, manager, kept, options } = await prepared({ durable: false })
    const sweepers = [await world.started({ ...options, runners: { kept: new KeepingRunner(world, { durable: false }) } })]
    kept.answer = async () => Promise.reject(new Error('Not now.'))
    await manager.fire('go')
    kept.answer = async () => 'taken'

    await world.advance(3_000)

    expect(sweepers).toHaveLength(1)
    expect(kept.given.map(({ repeated }) => repeated)).toEqual([false, true])
  })
})

describe('hooks', () => {
  it('start in commit order even if an earlier command is handed over more slowly', async () => {
    const told: string[] = []
    class Told extends TriggerManager {
      override postFire(trigger: string): void {
        told.push(trigger)
      }
    }
    const world = new World({ open: (now) => memoryStorage({ now }), runner: () => inlineRunner() })
    const kept = new KeepingRunner(world)
    const { triggers } = await world.started({ runners: { kept }, managers: { told: Told }, manager: 'told' })
    const manager = triggers.manager('s')
    await manager.updateConfiguration({ t_task: { after: ['slow'], run: 'app.task' } })
    let answer = (_: DispatchAnswer): void => undefined
    kept.answer = () => new Promise((resolve) => (answer = resolve))

    const fired = [manager.fire('slow'), manager.fire('quick')]
    await world.settle()
    const early = [...told]
    answer('taken')
    await Promise.all(fired)

    expect([early, told]).toEqual([[], ['slow', 'quick']])
  })
})

describe('a delayed hand-over', () => {
  it('comes only when it is due where the runner keeps nothing back', async () => {
    const { world, manager, kept, triggers } = await prepared({ durable: false, delays: false })
    await manager.fire('go')
    const retried = triggers.execute(kept.given[0]?.job as Job, async () => ({
      kind: 'retry', error: null, metadata: {}, replacementKwargs: null, cooldown: 30_000,
    }))
    await retried
    const began = world.now()

    await world.advance(60_000)

    expect(kept.given.slice(1).map(({ job }) => job.instance).slice(0, 1)).toEqual(['t_task#1'])
    const waited = (kept.given[1]?.at as number) - began
    expect(waited).toBeGreaterThanOrEqual(30_000)
    expect(waited).toBeLessThan(32_500)
  })

  it('is made by the process that has it, though another one always sweeps first', async () => {
    const store = new MemoryStore()
    const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
    const runner = (): KeepingRunner => new KeepingRunner(world, { durable: false, delays: false })
    await world.started({ runners: { kept: runner() } })
    const kept = runner()
    const { triggers } = await world.started({ runners: { kept } })
    const manager = triggers.manager('s')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    await manager.fire('go')
    await triggers.execute(kept.given[0]?.job as Job, async () => ({
      kind: 'retry', error: null, metadata: {}, replacementKwargs: null, cooldown: 30_000,
    }))

    await world.advance(32_500)

    expect(kept.given.map(({ job }) => job.instance)).toEqual(['t_task#0', 't_task#1'])
  })

  it('is made at once where the runner waits itself, with the time before which it must not run', async () => {
    const { world, manager, kept, triggers } = await prepared()
    await manager.fire('go')

    await triggers.execute(kept.given[0]?.job as Job, async () => ({
      kind: 'retry', error: null, metadata: {}, replacementKwargs: null, cooldown: 30_000,
    }))

    expect(kept.given[1]?.job.notBefore).toBe(world.now() + 30_000)
  })

  it('survives the process that was to make it', async () => {
    const { world, manager, kept, triggers, kill, options } = await prepared({ durable: false, delays: false })
    await manager.fire('go')
    await triggers.execute(kept.given[0]?.job as Job, async () => ({
      kind: 'retry', error: null, metadata: {}, replacementKwargs: null, cooldown: 30_000,
    }))
    const began = world.now()
    kill()
    const other = new KeepingRunner(world, { durable: false, delays: false })
    await world.started({ ...options, runners: { kept: other } })

    await world.advance(60_000)

    expect(kept.given).toHaveLength(1)
    expect(other.given.map(({ job }) => job.instance).slice(0, 1)).toEqual(['t_task#1'])
    expect((other.given[0]?.at as number) - began).toBeGreaterThanOrEqual(30_000)
  })

  it('is honoured by another process that keeps jobs in memory', async () => {
    const store = new MemoryStore()
    const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
    const runs: number[] = []
    const task = defineTask('app.task', (context) => {
      runs.push(world.now())
      if (context.depth === 0) throw context.retry({ cooldown: '60s' })
    })
    const one = await world.started({ tasks: [task] })
    const manager = one.triggers.manager('s')
    await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    await manager.fire('go')
    await world.settle()
    one.kill()
    const two = await world.started({ tasks: [task] })

    await world.advance(59_000)
    const early = runs.length
    await world.advance(20_000)

    expect([early, runs.length]).toEqual([1, 2])
    expect((await two.triggers.session('s').instances()).map(({ status }) => status)).toEqual(['replayed', 'finished'])
  })
})

describe('a scheduling that the runner refuses', () => {
  it('rejects with what was committed, and hands over what was scheduled before it', async () => {
    const { manager, kept } = await prepared()
    kept.accepts = ((run: string) => (run === 'app.task' ? 'yes' : 'no')) as never
    await manager.updateConfiguration({
      t_good: { after: ['both'], run: 'app.task' }, t_bad: { after: ['both'], run: 'app.bad' }, t_last: { after: ['both'], run: 'app.task' },
    })

    const error = await manager.fire('both').catch((error) => error)

    expect(error).toMatchObject({ code: 'SchedulingRefused', details: { committed: true, instance: 't_bad#0', answer: { scheduled: ['t_good#0'] } } })
    expect(kept.given.map(({ job }) => job.instance)).toEqual(['t_good#0'])
    expect((await manager.instance('t_last#0')).status).toBe('unstarted')
  })
})

describe('a job id', () => {
  it('differs with incarnation, task, number, round and attempt, and holds letters, digits and - alone', () => {
    const ids = [0, 1].flatMap((number) => [1, 11].flatMap((round) => [1, 2].map((attempt) => jobId('abc', 3, { number, round, attempt }))))

    expect(new Set([...ids, jobId('abd', 3, { number: 0, round: 1, attempt: 1 })]).size).toBe(9)
    for (const id of ids) expect(id).toMatch(/^t-[a-z0-9-]+$/)
  })
})
