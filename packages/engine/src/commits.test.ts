import { TriggerkitError } from '@triggerkit/contracts'
import type { CommitAnswer, SessionChange, StorageCapabilities } from '@triggerkit/contracts'
import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask } from './index.js'

/** Memory storage that takes several sessions' changes at once, all or none where one is refused. */
class TogetherStorage extends MemoryStorage {
  override readonly capabilities: StorageCapabilities = { ...new MemoryStorage().capabilities, commitMany: true }
  readonly groups: number[] = []
  refused: string | null = null
  lost = false
  /** Throws at once, before it makes a promise. */
  throws = false

  async commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
    this.groups.push(changes.length)
    if (changes.some(({ uid }) => uid === this.refused)) throw new TriggerkitError('StorageRefused', 'There is no room.')
    const answers = await Promise.all(changes.map(({ uid, change }) => super.commit(uid, change)))
    if (this.lost) throw new Error('The connection was closed.')
    return answers
  }

  override commit(...[uid, change]: Parameters<MemoryStorage['commit']>): Promise<CommitAnswer> {
    if (this.throws) throw new Error('The connection was closed.')
    if (uid === this.refused) return Promise.reject(new TriggerkitError('StorageRefused', 'There is no room.'))
    return super.commit(uid, change)
  }
}

async function sessions(count: number) {
  const storage = new TogetherStorage()
  const world = new World({ open: () => storage, runner: () => inlineRunner() })
  const { triggers, storage: line } = world.process({ tasks: [defineTask('app.task', () => undefined)] })
  const managers = Array.from({ length: count }, (_, number) => triggers.manager(`s${number}`))
  await Promise.all(managers.map((manager) => manager.updateConfiguration({ t_task: { after: [], andEvery: 'page', run: 'app.task' } })))
  storage.groups.length = 0
  return { world, storage, line, managers }
}

describe('the changes of several sessions', () => {
  it('share round trips while they come in the same breath, again and again', async () => {
    const { storage, line, managers } = await sessions(40)
    const alone = line.calls.commit

    const answers = await Promise.all(
      managers.map(async (manager) => [await manager.fire('page'), await manager.fire('page')].flatMap(({ created }) => created)),
    )

    expect(answers).toEqual(managers.map(() => ['t_task#0', 't_task#1']))
    expect([storage.groups, line.calls.commit]).toEqual([[32, 8, 32, 8], alone])
  })

  it('go alone where there is only one', async () => {
    const { storage, managers } = await sessions(1)

    await managers[0]?.fire('page')

    expect(storage.groups).toEqual([])
  })

  it('are presented again when the storage throws at once', async () => {
    const storage = new TogetherStorage()
    const world = new World({ open: () => storage, runner: () => inlineRunner() })
    const { triggers } = world.process({ storage })
    storage.throws = true

    const fired = triggers.manager('s').fire('page')
    await world.settle()
    storage.throws = false
    await world.advance(200)

    await expect(fired).resolves.toMatchObject({ duplicate: false })
  })

  it('are presented again, each for itself, when the answer to all of them is lost', async () => {
    const { world, storage, managers } = await sessions(3)
    storage.lost = true

    const fired = Promise.all(managers.map((manager) => manager.fire('page')))
    await world.settle()
    storage.lost = false
    await world.advance(200)

    expect((await fired).map(({ created }) => created)).toEqual([['t_task#0'], ['t_task#0'], ['t_task#0']])
    expect((await managers[0]?.instances())?.length).toBe(1)
  })

  it('do not fail with one among them that is refused', async () => {
    const { storage, managers } = await sessions(3)
    storage.refused = 's1'

    const outcomes = await Promise.allSettled(managers.map((manager) => manager.fire('page')))

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'StorageRefused' } })
  })
})
