import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask } from './index.js'
import type { TriggersOptions } from './index.js'

const options: Partial<TriggersOptions> = { tasks: [defineTask('app.task', () => undefined)] }

async function prepared(instances = 3) {
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  const [one, two] = [world.process(options), world.process(options)]
  const [first, second] = [one.triggers.manager('s'), two.triggers.manager('s')]
  await first.updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
  for (let n = 0; n < instances; n += 1) await first.createInstance('t_task', { status: 'finished', metadata: { n } })
  return { world, one, two, first, second }
}

describe('a resolved instance', () => {
  it('is reached by commands of a group, all of them read at once', async () => {
    const { one, first } = await prepared()
    const reads = one.storage.calls.read ?? 0

    const answers = await Promise.all([
      first.updateInstanceMetadata('t_task#0', { a: 1 }),
      first.markInstanceLogsResolved('t_task#1'),
      first.cloneInstance('t_task#2'),
      first.updateInstanceMetadata('t_task#0', { b: 2 }),
      first.fire('unrelated'),
    ])

    expect(answers[2]).toEqual({ instance: 't_task#3' })
    expect(one.storage.calls.read).toBe(reads + 1)
    expect((await first.instance('t_task#0')).metadata).toEqual({ n: 0, a: 1, b: 2 })
    expect((await first.instance('t_task#1')).logsResolved).toBe(true)
    expect(await first.instance('t_task#3')).toMatchObject({ status: 'unstarted', parent: 't_task#2', depth: 1 })
  })

  it('comes back from the archive by a status set by hand, and goes there again', async () => {
    const { first, second } = await prepared()

    await first.updateInstanceStatus('t_task#0', 'failed')
    const unresolved = (await first.unresolvedInstances()).map(({ name }) => name)
    await second.skipFailedInstance('t_task#0')

    expect(unresolved).toEqual(['t_task#0'])
    expect(await first.unresolvedInstances()).toEqual([])
    expect((await first.instances()).map(({ status }) => status)).toEqual(['skipped', 'finished', 'finished'])
  })

  it('loses no change that another process makes between reading and committing it', async () => {
    const { world, one, first, second } = await prepared()
    const release = one.storage.hold('commit')

    const slow = first.updateInstanceMetadata('t_task#0', { slow: true })
    await world.settle()
    await second.updateInstanceMetadata('t_task#0', { fast: true })
    release()
    await slow

    expect((await first.instance('t_task#0')).metadata).toEqual({ n: 0, slow: true, fast: true })
  })

  it('loses no change that another process makes before it is read', async () => {
    const { world, one, first, second } = await prepared()
    await first.fire('unrelated')
    const release = one.storage.hold('read')

    const slow = first.updateInstanceMetadata('t_task#0', { slow: true })
    await world.settle()
    await second.updateInstanceStatus('t_task#0', 'failed', { metadata: { fast: true } })
    release()
    await slow

    expect(await first.instance('t_task#0')).toMatchObject({ status: 'failed', metadata: { n: 0, slow: true, fast: true } })
  })

  it('is reached within a transaction, whose function may even catch what it does not know', async () => {
    const { first } = await prepared()
    let calls = 0

    const answer = await first.transaction((transaction) => {
      calls += 1
      try {
        transaction.updateInstanceMetadata('t_task#0', { seen: true })
      } catch {
        return 'caught'
      }
      transaction.updateInstanceStatus('t_task#1', 'failed')
      return transaction.statusOf('t_task#1')
    })

    expect([answer, calls]).toEqual(['failed', 3])
    expect((await first.instance('t_task#0')).metadata).toEqual({ n: 0, seen: true })
  })

  it('that was never there is refused by name', async () => {
    const { first } = await prepared()

    await expect(first.updateInstanceMetadata('t_task#3', {})).rejects.toMatchObject({ code: 'UnknownInstance', details: { instance: 't_task#3' } })
  })
})
