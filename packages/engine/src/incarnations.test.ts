import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import type { WorldProcess } from './fakes/world.js'
import { defineTask } from './index.js'
import type { TaskContext } from './index.js'

interface Run {
  readonly context: TaskContext
  readonly finish: (result?: object) => void
}

/** A task that runs in one process, whose session is then deleted and begun anew in another: as a different session, with the same names. */
async function succeeded() {
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  const runs: Run[] = []
  const started = (): Promise<WorldProcess> =>
    world.started({ tasks: [defineTask('app.task', (context) => new Promise((finish) => runs.push({ context, finish })))] })
  const begin = async ({ triggers }: WorldProcess): Promise<void> => {
    await triggers.manager('s').updateConfiguration({ t_task: { after: ['go'], run: 'app.task' } })
    await triggers.manager('s').fire('go')
    await world.settle()
  }
  const [one, two] = [await started(), await started()]
  await begin(one)
  await two.triggers.delete('s')
  await begin(two)
  const [first, second] = runs as [Run, Run]
  return { world, one, session: two.triggers.session('s'), first, second }
}

describe('an execution whose session was deleted and begun anew', () => {
  it('has its outcome refused, and that of its successor counts', async () => {
    const { world, one, session, first, second } = await succeeded()

    first.finish({ by: 'first' })
    await world.settle()
    const { status } = await session.instance('t_task#0')
    second.finish({ by: 'second' })
    await world.settle()

    expect([status, (await session.instance('t_task#0')).result]).toEqual(['running', { by: 'second' }])
    expect(one.logger.alarms).toEqual([])
  })

  it('changes nothing in its place', async () => {
    const { session, first } = await succeeded()
    const { manager } = first.context

    const attempts = [
      manager.fire('late'),
      manager.cancelInstance('t_task#0'),
      manager.transaction((transaction) => transaction.fire('late')),
    ]

    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'StaleExecutionError', details: { uid: 's' } })
    expect((await session.metadata()).firedTriggers).toEqual(['go'])
    expect((await session.instance('t_task#0')).status).toBe('running')
  })
})
