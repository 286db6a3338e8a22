import { assertSame } from '../assertions.js'
import { at, change, commit, FAR_OFF, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

export const loadCases: readonly StorageCase[] = [
  storageCase('load/finds-no-session', 'If there is no session, a load returns none.', async (place) => {
    const storage = await place.open()

    const { session } = await storage.load('nobody')

    assertSame(session, null, 'the session')
  }),

  storageCase('load/brings-the-working-set-alone', 'A load returns the whole working set, the version and the wake-up, and nothing of archive or receipts.', async (place) => {
    const storage = await place.open()
    const working = { a: 1, b: { c: [true, null] } }
    await commit(storage, 's', { working, archive: { d: 2 }, receipts: { e: 3 }, wakeAt: FAR_OFF })

    const { session } = await storage.load('s')

    assertSame(session, stored(at(1), working, FAR_OFF), 'the session')
  }),

  storageCase('load/finds-a-session-without-records', 'A session whose records were all removed is still a session.', async (place) => {
    const storage = await place.open()
    await commit(storage, 'never-had-any')
    await commit(storage, 'lost-all', { working: { a: 1 } })
    await commit(storage, 'lost-all', { expect: at(1), removeWorking: ['a'] })

    const sessions = [(await storage.load('never-had-any')).session, (await storage.load('lost-all')).session]

    assertSame(sessions, [stored(at(1)), stored(at(2))], 'the sessions')
  }),

  storageCase('load/sees-other-storages-commits', 'Storages over the same data see the same sessions at once.', async (place) => {
    const [one, other] = await place.openTwo()
    await other.load('s')
    await one.commit('s', change({ working: { a: 1 } }))

    const { session } = await other.load('s')

    assertSame(session, stored(at(1), { a: 1 }), 'the session')
  }),
]
