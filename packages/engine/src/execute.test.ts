import type { Job, TaskOutcome } from '@triggerkit/contracts'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { Execution, Executions } from './executions.js'
import { createTriggers, defineTask } from './index.js'

const job = { id: 'j', uid: 's', instance: 't_task#0', runner: 'kept' } as Job

/** An application whose runner only keeps jobs, and the first of them. */
async function kept() {
  const jobs: Job[] = []
  const runner = {
    key: 'kept',
    capabilities: { durable: true, delays: true, cancels: false },
    accepts: () => 'yes' as const,
    dispatch: async (given: Job) => (jobs.push(given), 'taken' as const),
    start: async () => undefined,
    cancel: async () => undefined,
    idle: async () => undefined,
    close: async () => undefined,
  }
  const triggers = createTriggers({ storage: memoryStorage(), runners: { kept: runner }, tasks: [defineTask('app.task', () => undefined)] })
  const manager = triggers.manager('s')
  await manager.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
  await manager.fire('go')
  return { triggers, manager, job: jobs[0] as Job }
}

describe('executions that are all ended', () => {
  it('abort what runs, and whatever begins after that', () => {
    const cancelled: string[] = []
    const executions = new Executions({ cancel: ({ id }) => cancelled.push(id), ended: () => undefined })
    const execution = (id: string): Execution => new Execution({ ...job, id }, 1)
    const [early, late] = [execution('early'), execution('late')]
    executions.add(early)

    executions.end()
    executions.add(late)

    expect([early, late].map(({ isAborted }) => isAborted)).toEqual([true, true])
    expect(cancelled).toEqual(['early', 'late'])
  })

  it('show it by a signal that was asked for before as by one that is asked for after, and with the first reason', () => {
    const [asked, other] = [new Execution(job, 1), new Execution(job, 1)]
    const before = asked.signal
    const heard: unknown[] = []
    before.addEventListener('abort', () => heard.push(before.reason))

    for (const execution of [asked, other]) for (const reason of ['first', 'second']) execution.abort(new Error(reason))

    expect(heard).toEqual([new Error('first')])
    expect(asked.signal).toBe(before)
    expect(other.signal).toMatchObject({ aborted: true, reason: new Error('first') })
  })
})

describe('a function that runs elsewhere', () => {
  it.each([undefined, null, {}, { kind: 'done' }])('fails its instance clearly when it ends with %j', async (answer) => {
    const { triggers, manager, job: given } = await kept()

    const report = await triggers.execute(given, async () => answer as unknown as TaskOutcome)

    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'InvalidResult' } })
    expect(await manager.instance('t_task#0')).toMatchObject({ status: 'failed', error: { code: 'InvalidResult' } })
  })
})
