import { assertSame } from '../assertions.js'
import { at, change, commit, FAR_OFF, recordsOf, stateOf, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

/** What a commit that is accepted does. */
export const commitCases: readonly StorageCase[] = [
  storageCase('commit/creates-a-session', 'Number 0 creates the session, with the incarnation presented and number 1.', async (place) => {
    const storage = await place.open()

    const { outcome } = await storage.commit('s', change({ expect: at(0, 'unheard-of'), working: { a: 1 } }))

    assertSame(outcome, 'committed', 'the outcome')
    assertSame((await storage.load('s')).session, stored(at(1, 'unheard-of'), { a: 1 }), 'the session')
  }),

  storageCase('commit/raises-the-number-by-one', "Each commit raises the version's number by one and leaves its incarnation.", async (place) => {
    const storages = await place.openTwo()
    for (let number = 0; number < 12; number += 1) {
      const storage = storages[number % 2 === 0 ? 0 : 1]

      await commit(storage, 's', { expect: at(number) })

      assertSame((await storage.load('s')).session?.version, at(number + 1), `the version after commit ${number + 1}`)
    }
  }),

  storageCase('commit/writes-both-places', 'A change puts and removes records in working set and archive, and leaves the others.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { kept: 0, changed: 0, dropped: 0 }, archive: { kept: 1, changed: 1, dropped: 1 } })

    const patches = { working: { changed: 2, added: 2 }, archive: { changed: 3, added: 3 } }
    await commit(storage, 's', { expect: at(1), ...patches, removeWorking: ['dropped'], removeArchive: ['dropped'] })

    const state = { session: stored(at(2), { kept: 0, changed: 2, added: 2 }), archive: { kept: 1, changed: 3, added: 3 } }
    assertSame(await stateOf(storage, 's'), state, 'the session')
  }),

  storageCase('commit/moves-records', 'A change may move a record between working set and archive, and back.', async (place) => {
    const storage = await place.open()
    const states = []
    await commit(storage, 's', { working: { instance: 'running' } })
    await commit(storage, 's', { expect: at(1), removeWorking: ['instance'], archive: { instance: 'finished' } })
    states.push(await stateOf(storage, 's'))
    await commit(storage, 's', { expect: at(2), removeArchive: ['instance'], working: { instance: 'again' } })
    states.push(await stateOf(storage, 's'))

    const away = { session: stored(at(2)), archive: { instance: 'finished' } }
    const back = { session: stored(at(3), { instance: 'again' }), archive: {} }
    assertSame(states, [away, back], 'the session after each move')
  }),

  storageCase('commit/keeps-the-places-apart', 'One key may be in working set and archive, for two records.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: 'w' }, archive: { a: 'a' }, receipts: { a: 'r' } })

    await commit(storage, 's', { expect: at(1), removeWorking: ['a'] })

    assertSame(await stateOf(storage, 's'), { session: stored(at(2)), archive: { a: 'a' } }, 'the session')
  }),

  storageCase('commit/removes-what-is-not-there', 'Removing a key that does not exist, or twice, is not an error.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { removeWorking: ['a'], removeArchive: ['a'] })

    await commit(storage, 's', { expect: at(1), removeWorking: ['b', 'b'], removeArchive: ['b', 'b'], working: { c: 1 } })

    assertSame(await stateOf(storage, 's'), { session: stored(at(2), { c: 1 }), archive: {} }, 'the session')
  }),

  storageCase('commit/put-wins-over-remove', 'A key that a patch both removes and puts is put.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: 1 }, archive: { b: 1 } })

    const removed = { removeWorking: ['a', 'c'], removeArchive: ['b', 'd'] }
    await commit(storage, 's', { expect: at(1), ...removed, working: { a: 2, c: 2 }, archive: { b: 2, d: 2 } })

    assertSame(await stateOf(storage, 's'), { session: stored(at(2), { a: 2, c: 2 }), archive: { b: 2, d: 2 } }, 'the session')
  }),

  storageCase('commit/reads-what-it-wrote', 'The answer contains the archived records to be read, as they are after the change.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: { old: 1, replaced: 1, dropped: 1 } })

    const read = ['new', 'old', 'replaced', 'dropped', 'none', 'new']
    const written = { archive: { new: 2, replaced: 2 }, removeArchive: ['dropped'], working: { none: 0 } }
    const answer = await storage.commit('s', change({ expect: at(1), ...written, read }))

    const { outcome, records } = answer as { outcome: string; records?: unknown }
    assertSame({ outcome, records }, { outcome: 'committed', records: recordsOf({ new: 2, old: 1, replaced: 2 }) }, 'the answer')
  }),

  storageCase('commit/sets-the-wake-up', "Each commit's wake-up takes the place of the one before.", async (place) => {
    const storage = await place.open()
    const seen = []
    for (const [number, wakeAt] of [null, FAR_OFF, FAR_OFF - 1, null].entries()) {
      await commit(storage, 's', { expect: at(number), wakeAt })
      seen.push((await storage.load('s')).session?.wakeAt)
    }

    assertSame(seen, [null, FAR_OFF, FAR_OFF - 1, null], 'the wake-ups')
  }),
]
