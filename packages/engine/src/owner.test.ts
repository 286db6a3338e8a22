import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask } from './index.js'
import type { TaskContext } from './index.js'

const LEASE = 8_000
const UNANSWERED = 'The lease could not be renewed.'

/** A process that runs a task without end. */
async function running() {
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  const runs: TaskContext[] = []
  const task = defineTask('app.task', (context) => new Promise(() => runs.push(context)))
  const { triggers, storage, logger } = await world.started({ tasks: [task] })
  const go = async (uid: string): Promise<void> => {
    await triggers.manager(uid).updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    await triggers.manager(uid).fire('go')
    await world.settle()
  }
  await go('s')
  return { world, storage, logger, runs, go }
}

describe('an outage of the storage', () => {
  it('is told once by each of those that it hinders, and anew when it comes back', async () => {
    const { world, storage, logger } = await running()
    const outage = async (): Promise<void> => {
      storage.always = 'unsent'
      await world.advance(LEASE / 2)
      storage.always = null
      await world.advance(LEASE)
    }

    await outage()
    const told = [...logger.alarms]
    await outage()

    expect(told.sort()).toEqual([UNANSWERED, 'The sweep failed; it is tried again.'])
    expect([...logger.alarms].sort()).toEqual([...told, ...told].sort())
  })
})

describe('a lease', () => {
  it('is kept where the storage leaves one of its renewals unanswered', async () => {
    const { world, storage, logger, runs } = await running()

    storage.fail('heartbeat', 'hangs')
    await world.advance(2 * LEASE)

    expect(runs.map(({ signal }) => signal.aborted)).toEqual([false])
    expect(logger.alarms).toEqual([UNANSWERED])
  })

  it('is known to have lapsed however late the storage says so, and is followed by another', async () => {
    const { world, storage, logger, runs, go } = await running()
    const release = storage.hold('heartbeat')
    await world.advance(2 * LEASE)

    release()
    await world.advance(2 * LEASE)
    await go('s2')
    await world.advance(2 * LEASE)

    expect(runs.map(({ uid, attempt, signal }) => [uid, attempt, signal.aborted])).toEqual([['s', 1, true], ['s', 2, false], ['s2', 1, false]])
    expect(new Set(logger.alarms)).toEqual(new Set([UNANSWERED, 'The lease of this process has lapsed; others take over what it ran.']))
  })
})
