import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { randomIds } from './ids.js'
import { defineTask, exportSession, importSession } from './index.js'
import type { ExportedSession } from './index.js'

const configuration = {
  t_slow: { after: ['go'], run: 'app.slow' },
  t_next: { after: ['t_slow', 'more'], run: 'app.done' },
  t_every: { after: [], andEvery: 'page', run: 'app.done' },
}

/** A place of its own, where a slow task ends only if it is let. */
function place() {
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  const runs: (() => void)[] = []
  const tasks = [defineTask('app.slow', () => new Promise<object>((resolve) => runs.push(() => resolve({ slow: true })))), defineTask('app.done', () => ({ done: true }))]
  return { world, runs, start: () => world.started({ tasks, ids: randomIds }) }
}

/** With a session of which a task runs. */
async function running() {
  const there = place()
  const { triggers, storage } = await there.start()
  const manager = triggers.manager('s')
  await manager.updateConfiguration(configuration)
  await manager.fire('go')
  await there.world.settle()
  return { ...there, triggers, storage, manager }
}

async function filled() {
  const there = await running()
  const { manager } = there
  for (let page = 0; page < 700; page += 1) await manager.fire('page', { page })
  return there
}

describe('an exported session', () => {
  it('is JSON, and the same again after an import and an export', async () => {
    const { storage } = await filled()
    const elsewhere = place().world.process().storage

    const first = await exportSession(storage, 's')
    await importSession(elsewhere, JSON.parse(JSON.stringify(first)))
    const second = await exportSession(elsewhere, 's')

    expect(first.archive.length).toBeGreaterThan(1_400)
    expect(second).toEqual(first)
    expect((await elsewhere.load('s')).session?.version.incarnation).not.toBe((await storage.load('s')).session?.version.incarnation)
  })

  it('goes on where it is imported: running work counts as lost, and runs again', async () => {
    const { storage } = await filled()
    const there = place()
    const { triggers, storage: elsewhere } = await there.start()

    await importSession(elsewhere, await exportSession(storage, 's'), { uid: 'copy' })
    await there.world.advance(2_000)
    there.runs[0]?.()
    await there.world.settle()
    await triggers.manager('copy').fire('more')
    await there.world.settle()

    const copy = triggers.session('copy')
    expect((await copy.instance('t_slow#0')).attempt).toBe(2)
    expect([(await copy.instance('t_slow#0')).status, (await copy.instance('t_next#0')).status]).toEqual(['finished', 'finished'])
    expect((await copy.instance('t_next#0')).kwargs).toEqual({ t_slow: { slow: true }, more: {} })
  })

  it.each(['the same process', 'another process'])('goes on where it came from, too: %s runs the copy, though whoever runs the original lives', async (which) => {
    const { world, runs, storage, start, triggers } = await running()
    if (which === 'another process') {
      await start()
      await world.advance(2_000)
    }

    await importSession(storage, await exportSession(storage, 's'), { uid: 'copy' })
    await world.advance(2_000)
    for (const end of runs) end()
    await world.settle()

    const attempts = await Promise.all(['s', 'copy'].map((uid) => triggers.session(uid).instance('t_slow#0')))
    expect(attempts.map(({ status, attempt }) => [status, attempt])).toEqual([['finished', 1], ['finished', 2]])
  })

  it('is of one moment, though the session changes while it is read', async () => {
    const { storage, manager } = await filled()
    const release = storage.hold('list')

    const exporting = exportSession(storage, 's')
    await manager.fire('page', { page: 'late' })
    release()

    const exported = await exporting
    const firings = exported.archive.filter(([key]) => key.startsWith('f/'))
    const instances = [...exported.archive, ...exported.working].filter(([key]) => key.startsWith('i/00002/'))
    expect(instances).toHaveLength(701)
    expect(firings.some(([, record]) => JSON.stringify(record).includes('late'))).toBe(true)
  })

  it.each([
    ['no record', () => []],
    ['no record of the session itself', (working) => working.filter(([key]) => key !== 's')],
    ['a session of another format', (working) => working.map(([key, record]) => [key, key === 's' ? { format: 9 } : record])],
    ['a task that is none', (working) => working.map(([key, record]) => [key, key.startsWith('t/') ? null : record])],
    ['an instance that is none', (working) => working.map(([key, record]) => [key, key.startsWith('i/') ? null : record])],
  ] satisfies [string, (working: ExportedSession['working']) => ExportedSession['working']][])('is refused where no session can be read from it: %s', async (_what, edit) => {
    const { storage } = await running()
    const exported = await exportSession(storage, 's')

    const imported = importSession(storage, { ...exported, working: edit(exported.working) }, { uid: 'copy' })

    await expect(imported).rejects.toMatchObject({ code: 'InvalidArgument' })
    expect((await storage.load('copy')).session).toBeNull()
  })

  it('is kept as long as it is told to', async () => {
    const { storage } = await running()
    const exported = await exportSession(storage, 's')
    const there = place().world.process().storage

    await importSession(there, exported, { uid: 'copy', ttl: '30d' })

    expect(there.committed.at(-1)?.change.ttl).toBe(30 * 86_400_000)
    for (const ttl of [0, -1, NaN, 'long']) await expect(importSession(there, exported, { uid: 'other', ttl: ttl as number })).rejects.toMatchObject({ code: 'InvalidArgument' })
    expect((await there.load('other')).session).toBeNull()
  })

  it('is not imported over another, and nothing else is taken for one', async () => {
    const { storage } = await filled()
    const exported = await exportSession(storage, 's')

    await expect(importSession(storage, exported)).rejects.toMatchObject({ code: 'InvalidArgument', details: { uid: 's' } })
    await expect(importSession(storage, { ...exported, format: 9 }, { uid: 't' })).rejects.toMatchObject({ code: 'UnsupportedFormat' })
    await expect(importSession(storage, { uid: 't' } as never)).rejects.toMatchObject({ code: 'InvalidArgument' })
    await expect(importSession(storage, { ...exported, archive: [['k']] } as never, { uid: 't' })).rejects.toMatchObject({ code: 'InvalidArgument' })
    await expect(exportSession(storage, 'nobody')).rejects.toMatchObject({ code: 'InvalidArgument' })
    expect((await storage.load('t')).session).toBeNull()
  })
})
