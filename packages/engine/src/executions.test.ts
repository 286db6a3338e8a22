import type { Job, Runner, RunnerHost } from '@triggerkit/contracts'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask } from './index.js'
import type { TaskContext } from './index.js'

const LEASE = 8_000

/** Jobs that the test delivers, to a started process whose task ends when the test says so. */
async function delivered() {
  const jobs: Job[] = []
  const hosts: RunnerHost[] = []
  const runs: { readonly context: TaskContext; readonly finish: (result: object) => void }[] = []
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => kept(jobs, hosts) })
  const task = defineTask('app.task', (context) => new Promise((resolve) => runs.push({ context, finish: resolve })))
  const { triggers } = world.process({ tasks: [task] })
  await triggers.start()
  const manager = triggers.manager('s')
  await manager.updateConfiguration({ t_one: { after: ['go'], run: 'app.task' }, t_two: { after: ['go'], run: 'app.task' } })
  await manager.fire('go')
  const host = hosts[0] as RunnerHost
  const reports = jobs.slice(0, 2).map((job) => host.execute(job))
  await world.settle()
  return { world, manager, host, jobs, runs, reports }
}

/** A durable runner in which jobs lie until somebody delivers them. */
function kept(jobs: Job[], hosts: RunnerHost[]): Runner {
  return {
    key: 'kept',
    capabilities: { durable: true, delays: true, cancels: false },
    accepts: () => 'yes',
    dispatch: async (job) => (jobs.push(job), 'taken'),
    start: async (host) => void hosts.push(host),
    cancel: async () => undefined,
    idle: async () => undefined,
    close: async () => undefined,
  }
}

it('aborts an execution whose job the runner has lost, refuses its outcome, and leaves all others alone', async () => {
  const { manager, host, jobs, runs, reports } = await delivered()

  host.abort(jobs[0] as Job)
  runs[0]?.finish({ late: true })
  runs[1]?.finish({})

  expect(runs.map(({ context }) => context.signal.aborted)).toEqual([true, false])
  expect((await Promise.all(reports)).map(({ outcome }) => outcome)).toEqual(['stale', 'finished'])
  expect((await manager.instance('t_one#0')).status).toBe('running')
})

it('takes a lost job\'s work up anew under the next attempt', async () => {
  const { world, manager, host, jobs, runs } = await delivered()

  host.abort(jobs[0] as Job)
  await world.advance(LEASE + 1_250)
  const [, , again] = jobs
  const report = host.execute(again as Job)
  await world.settle()
  runs.at(-1)?.finish({ by: 'successor' })

  expect(again).toMatchObject({ instance: 't_one#0', round: 1, attempt: 2 })
  expect((await report).outcome).toBe('finished')
  expect(await manager.instance('t_one#0')).toMatchObject({ status: 'finished', result: { by: 'successor' } })
})

it('leaves everything as it is where a job is given up that does not run here', async () => {
  const { host, jobs, runs } = await delivered()

  host.abort({ ...(jobs[0] as Job), id: 't-another' })
  host.abort({ ...(jobs[0] as Job), uid: 'another' })

  expect(runs.map(({ context }) => context.signal.aborted)).toEqual([false, false])
})
