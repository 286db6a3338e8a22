import type { Storage } from '@triggerkit/contracts'
import { assertRefused, assertSame } from '../assertions.js'
import { at, change, commit, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

/** Opening, describing, closing. */
export const closeCases: readonly StorageCase[] = [
  storageCase('descriptor/tells-the-truth', 'Each storage that is opened is new, and has the key and the capabilities that the descriptor says.', async (place) => {
    await place.openTwo()
  }),

  storageCase('close/refuses-later-calls', 'Calls made after close reject with Closed, and closing again does nothing.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's')

    await storage.close()
    await storage.close()

    for (const [name, call] of Object.entries(calls(storage))) await assertRefused(call, 'Closed', `${name} after close`)
  }),

  storageCase('close/applies-nothing-afterwards', 'A change that was refused as Closed was not applied.', async (place) => {
    const [storage, other] = await place.openTwo()
    await commit(storage, 's', { working: { a: 1 } })
    await storage.close()

    await storage.commit('s', change({ expect: at(1), working: { a: 2 } })).catch(() => undefined)
    await storage.delete('s').catch(() => undefined)

    assertSame((await other.load('s')).session, stored(at(1), { a: 1 }), 'the session')
  }),

  storageCase('close/releases-nothing-of-others', 'Other storages over the same data go on working, and the data stays.', async (place) => {
    const [storage, other] = await place.openTwo()
    await commit(storage, 's', { working: { a: 1 } })
    await storage.heartbeat('o', 60_000, true)

    await storage.close()
    await commit(other, 's', { expect: at(1), working: { a: 2 } })

    assertSame((await (await place.open()).load('s')).session, stored(at(2), { a: 2 }), 'the session')
    assertSame([...(await other.owners()).owners.keys()], ['o'], 'the owners')
  }),
]

/** A call of every method of the port's mandatory part. */
function calls(storage: Storage): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    load: () => storage.load('s'),
    commit: () => storage.commit('s', change({ expect: at(1) })),
    ...(storage.commitMany === undefined ? {} : { commitMany: () => (storage.commitMany as NonNullable<Storage['commitMany']>)([{ uid: 's', change: change() }]) }),
    read: () => storage.read('s', []),
    list: () => storage.list('s', { prefix: '', limit: 1 }),
    due: () => storage.due(1),
    postpone: () => storage.postpone('s', at(1), null),
    heartbeat: () => storage.heartbeat('o', 1_000, true),
    owners: () => storage.owners(),
    sessions: () => storage.sessions({ limit: 1 }),
    delete: () => storage.delete('s'),
  }
}
