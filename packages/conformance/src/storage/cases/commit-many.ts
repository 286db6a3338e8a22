import type { CommitAnswer, SessionChange, Storage } from '@triggerkit/contracts'
import { assertRefused, assertSame, assertThat } from '../assertions.js'
import { at, change, commit, FAR_OFF, stateOf, stored, withoutTime } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

const COMMIT_MANY = { commitMany: true } as const

/** Several sessions' changes at once. */
export const commitManyCases: readonly StorageCase[] = [
  storageCase('commitMany/answers-each-in-order', 'Each change has its answer, in the order of the changes, as by commit.', async (place) => {
    const storage = await place.open()
    const known = change({ archive: { k: 1 }, read: ['k'] })
    await storage.commit('known', known)
    await commit(storage, 'old', { working: { o: 1 }, wakeAt: FAR_OFF })
    await commit(storage, 'present', { archive: { firing: 1 } })

    const answers = await commitMany(storage, [
      { uid: 'new', change: change({ archive: { n: 1 }, read: ['n'] }) },
      { uid: 'known', change: known },
      { uid: 'old', change: change({ working: { o: 2 } }) },
      { uid: 'present', change: change({ expect: at(1), expectAbsent: ['firing'] }) },
      { uid: 'none', change: change({ expect: at(1) }) },
    ])

    assertSame(answers.map(withoutTime), [
      { outcome: 'committed', records: { n: 1 } },
      { outcome: 'alreadyApplied', records: { k: 1 } },
      { outcome: 'conflict', session: stored(at(1), { o: 1 }, FAR_OFF) },
      { outcome: 'present', records: { firing: 1 } },
      { outcome: 'conflict', session: null },
    ], 'the answers')
    assertThat(answers.every(({ now }) => now > 0), 'an answer carries no time')
  }, COMMIT_MANY),

  storageCase('commitMany/spoils-no-other', 'A change that is not accepted leaves the others of its call as they are.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's1')
    const uids = ['s0', 's1', 's2', 's3']

    const answers = await commitMany(storage, uids.map((uid) => ({ uid, change: change({ working: { uid } }) })))

    assertSame(answers.map(({ outcome }) => outcome), ['committed', 'conflict', 'committed', 'committed'], 'the outcomes')
    for (const uid of uids) assertSame((await storage.load(uid)).session, stored(at(1), uid === 's1' ? {} : { uid }), `session ${uid}`)
  }, COMMIT_MANY),

  storageCase('commitMany/takes-a-session-twice', "Changes to one session are carried out in their order, each on the one's result before.", async (place) => {
    const storage = await place.open()

    const answers = await commitMany(storage, [
      { uid: 's', change: change({ working: { a: 1 } }) },
      { uid: 's', change: change({ expect: at(1), working: { b: 2 } }) },
      { uid: 's', change: change({ expect: at(1), working: { c: 3 } }) },
      { uid: 's', change: change({ expect: at(2), working: { d: 4 } }) },
    ])

    assertSame(answers.map(({ outcome }) => outcome), ['committed', 'committed', 'conflict', 'committed'], 'the outcomes')
    assertSame((await storage.load('s')).session, stored(at(3), { a: 1, b: 2, d: 4 }), 'the session')
  }, COMMIT_MANY),

  storageCase('commitMany/takes-none', 'No changes have no answers.', async (place) => {
    const storage = await place.open()

    assertSame(await commitMany(storage, []), [], 'the answers')
  }, COMMIT_MANY),

  storageCase('commitMany/applies-changes-once', 'A call presented again, or a change of it alone, is known.', async (place) => {
    const [storage, other] = await place.openTwo()
    const changes = ['s1', 's2'].map((uid) => ({ uid, change: change({ working: { a: 1 } }) }))
    await commitMany(storage, changes)

    const again = await commitMany(other, changes)
    const alone = await other.commit('s1', (changes[0] as SessionChange).change)

    assertSame([...again, alone].map(({ outcome }) => outcome), Array(3).fill('alreadyApplied'), 'the outcomes')
    assertSame((await storage.load('s1')).session, stored(at(1), { a: 1 }), 'session s1')
  }, COMMIT_MANY),

  storageCase('commitMany/refuses-all-or-none', 'If a record of one change is not JSON, StorageRefused means that none of the changes was applied.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: 1 } })
    const bad = { bad: 1n as never }

    const changes = [
      { uid: 's', change: change({ expect: at(1), working: { a: 2 } }) },
      { uid: 't', change: change({ archive: bad }) },
      { uid: 'u', change: change() },
    ]
    await assertRefused(() => commitMany(storage, changes), 'StorageRefused', 'the call')

    const states = [await stateOf(storage, 's'), await stateOf(storage, 't'), await stateOf(storage, 'u')]
    const none = { session: null, archive: {} }
    assertSame(states, [{ session: stored(at(1), { a: 1 }), archive: {} }, none, none], 'the sessions')
  }, COMMIT_MANY),

  storageCase('commitMany/is-absent-where-not-offered', 'A storage that declares no commitMany has none.', async (place) => {
    const storage = await place.open()

    assertThat(storage.commitMany === undefined, 'commitMany is declared false, and yet there is a method')
  }, { commitMany: false }),
]

async function commitMany(storage: Storage, changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
  assertThat(storage.commitMany !== undefined, 'commitMany is declared, and yet there is no such method')
  return storage.commitMany(changes)
}
