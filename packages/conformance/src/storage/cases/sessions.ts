import type { Storage, Version } from '@triggerkit/contracts'
import { assertSame, assertThat } from '../assertions.js'
import { at, change, commit, FAR_OFF, LONG_AGO, stateOf, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

/** Enumerating sessions, and forgetting them. */
export const sessionCases: readonly StorageCase[] = [
  storageCase('sessions/of-an-empty-place', 'An empty storage has no sessions.', async (place) => {
    const storage = await place.open()
    await storage.heartbeat('owner', 60_000, true)

    assertSame(await enumerate(storage, 5), [], 'the sessions')
  }),

  storageCase('sessions/come-once-each', 'Through pages of any size each session comes exactly once, in the same order, and no page is too long.', async (place) => {
    const storage = await place.open()
    const uids = ['b', 'a', 'a:1', 'a:10', 'a:2', '{a}', '日本語', '😀', '\uff5e', 'Z', ' ', '%', 'x/y', '__proto__', '9', '10']
    for (const uid of uids) await commit(storage, uid)

    const enumerations = []
    for (const limit of [1, 3, 4, uids.length, 100]) enumerations.push(await enumerate(storage, limit))

    for (const found of enumerations) {
      assertSame([...found].sort(), [...uids].sort(), 'the sessions')
      assertSame(found, enumerations[0], 'the order')
    }
  }),

  storageCase('sessions/stay-in-order-while-some-come', 'Sessions that exist throughout come exactly once, whatever is created or deleted between pages.', async (place) => {
    const storage = await place.open()
    const throughout = Array.from({ length: 12 }, (_, index) => `m${index}`)
    for (const uid of [...throughout, 'gone-1', 'gone-2', 'zone']) await commit(storage, uid)
    let round = 0

    const found = await enumerate(storage, 2, async (page) => {
      round += 1
      if (round > 4) return
      await storage.delete(['gone-1', 'zone', 'gone-2'][round] ?? 'nobody')
      for (const uid of [`a${round}`, `m${round}x`, `z${round}`]) await commit(storage, uid)
      for (const uid of page) await storage.commit(uid, change({ expect: at(1) }))
    })

    assertSame(found.filter((uid) => throughout.includes(uid)).sort(), [...throughout].sort(), 'those that were there throughout')
    assertSame(new Set(found).size, found.length, 'how many different ones came')
  }),

  storageCase('sessions/leave-out-the-deleted', 'A deleted session is not among the sessions; one that is created again is there once.', async (place) => {
    const [storage, other] = await place.openTwo()
    for (const uid of ['a', 'b', 'c']) await commit(storage, uid)
    await storage.delete('b')
    await storage.delete('c')
    await commit(storage, 'c', { expect: at(0, 'two') })

    assertSame([...(await enumerate(other, 10))].sort(), ['a', 'c'], 'the sessions')
  }),

  storageCase('delete/forgets-the-session', 'Delete forgets working set, archive and wake-up, for every storage over the data, and leaves other sessions.', async (place) => {
    const [storage, other] = await place.openTwo()
    for (const uid of ['s', 's1']) await commit(storage, uid, { working: { a: 1 }, archive: { b: 1 }, wakeAt: uid === 's' ? LONG_AGO : FAR_OFF })

    await storage.delete('s')

    const { version, records } = await other.read('s', ['b'])
    assertSame([await stateOf(other, 's'), version, records], [{ session: null, archive: {} }, null, {}], 'the deleted session')
    assertSame((await other.due(10)).sessions, [], 'the sessions due')
    assertSame(await stateOf(other, 's1'), { session: stored(at(1), { a: 1 }, FAR_OFF), archive: { b: 1 } }, 'the other session')
  }),

  storageCase('delete/is-idempotent', 'Deleting a session twice, or one that never was, does nothing.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's')

    for (const uid of ['s', 's', 'nobody']) await storage.delete(uid)

    assertSame(await enumerate(storage, 10), [], 'the sessions')
  }),

  storageCase('delete/leaves-commit-ids', 'A change of a deleted session is still known: it is not applied again and makes no session.', async (place) => {
    const [storage, other] = await place.openTwo()
    const presented = change({ archive: { b: 1 }, read: ['b'] })
    await storage.commit('s', presented)
    await storage.delete('s')

    const { now: _now, ...answer } = await other.commit('s', presented)

    assertSame(answer, { outcome: 'alreadyApplied', records: {} }, 'the answer')
    assertSame((await storage.load('s')).session, null, 'the session')
  }),

  storageCase('delete/leaves-receipts', 'The receipts of a deleted session are still found, by the session created after it too.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { receipts: { command: 1 } })
    await storage.delete('s')

    const answer = await storage.commit('s', change({ expect: at(0, 'two'), expectAbsent: ['command'] }))

    assertSame([answer.outcome, 'records' in answer && answer.records], ['present', { command: 1 }], 'the answer')
  }),

  storageCase('delete/lets-a-session-be-made-anew', 'A session created after a deletion has nothing of the old one, and its versions are others.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: 1 }, archive: { b: 1 }, wakeAt: LONG_AGO })
    await storage.delete('s')
    await commit(storage, 's', { expect: at(0, 'two'), expectAbsent: ['b'], working: { c: 1 } })

    const late = await storage.commit('s', change({ expect: at(1), working: { d: 1 } }))

    assertSame(late.outcome, 'conflict', 'the outcome of a commit that builds on the old session')
    assertSame(await stateOf(storage, 's'), { session: stored(at(1, 'two'), { c: 1 }), archive: {} }, 'the new session')
    assertSame((await storage.due(10)).sessions, [] as { version: Version }[], 'the sessions due')
  }),
]

/** The uids of all pages. */
async function enumerate(storage: Storage, limit: number, between: (page: readonly string[]) => Promise<void> = async () => undefined): Promise<readonly string[]> {
  const found: string[] = []
  let after: string | null = null
  for (let pages = 0; pages < 200; pages += 1) {
    const { uids, next }: { uids: readonly string[]; next: string | null } = await storage.sessions(after === null ? { limit } : { after, limit })
    assertThat(uids.length <= limit, `a page of ${limit} brought ${uids.length} sessions`)
    found.push(...uids)
    if (next === null) return found
    await between(uids)
    after = next
  }
  assertThat(false, 'the pages have no end')
}
