import type { Storage } from '@triggerkit/contracts'
import { assertSame } from '../assertions.js'
import { at, change, commit, FAR_OFF, LONG_AGO, recordsOf, stateOf, stored, withoutTime } from '../changes.js'
import type { GivenChange } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

/** What a commit looks at before it writes, and in which order. */
export const commitCheckCases: readonly StorageCase[] = [
  storageCase('commit/applies-a-change-once', 'A change presented again is answered with alreadyApplied and the records to be read, and nothing is written.', async (place) => {
    const [storage, other] = await place.openTwo()
    const presented = change({ working: { a: 1 }, archive: { b: 1 }, read: ['b'], wakeAt: FAR_OFF })
    await storage.commit('s', presented)
    const before = await stateOf(storage, 's')

    const answers = [await storage.commit('s', presented), await other.commit('s', presented)]

    const expected = { outcome: 'alreadyApplied', records: { b: 1 } }
    assertSame(answers.map(withoutTime), [expected, expected], 'the answers')
    assertSame(await stateOf(storage, 's'), before, 'the session')
  }),

  storageCase('commit/knows-older-commit-ids', 'A change is still known after the session has moved on, and brings the records as they are now.', async (place) => {
    const storage = await place.open()
    const presented = change({ archive: { b: 1 }, read: ['b'] })
    await storage.commit('s', presented)
    await commit(storage, 's', { expect: at(1), archive: { b: 2 } })
    await commit(storage, 's', { expect: at(2), working: { a: 3 } })

    const answer = await storage.commit('s', presented)

    assertSame(withoutTime(answer), { outcome: 'alreadyApplied', records: { b: 2 } }, 'the answer')
    assertSame(await stateOf(storage, 's'), { session: stored(at(3), { a: 3 }), archive: { b: 2 } }, 'the session')
  }),

  storageCase('commit/knows-commit-ids-by-session', 'A commit id is known to the session that it was committed to, and to no other.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's1', { commitId: '1x' })

    const others = [['s', '11x'], ['s11', 'x'], ['s2', '1x']] as const
    const outcomes = []
    for (const [uid, commitId] of others) outcomes.push((await storage.commit(uid, change({ commitId }))).outcome)

    assertSame(outcomes, ['committed', 'committed', 'committed'], 'the outcomes')
  }),

  storageCase('commit/keeps-refused-commit-ids-free', 'Only an applied change makes its commit id known: after a refusal the id may be presented again.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: { there: 1 } })
    const conflicting = change({ expect: at(5) })
    const present = change({ expect: at(1), expectAbsent: ['there'] })
    await storage.commit('s', conflicting)
    await storage.commit('s', present)

    const answers = [await storage.commit('s', { ...conflicting, expect: at(1) }), await storage.commit('s', { ...present, expect: at(2), expectAbsent: [] })]

    assertSame(answers.map(({ outcome }) => outcome), ['committed', 'committed'], 'the outcomes')
  }),

  conflict('an-older-number', 'An older number is a conflict.', { expect: at(1) }),
  conflict('a-newer-number', 'A number that was never reached is a conflict.', { expect: at(3) }),
  conflict('another-incarnation', 'Another incarnation is a conflict, whatever the number.', { expect: at(2, 'other') }),
  conflict('a-session-to-be-created', 'Creating a session that exists is a conflict, under whichever incarnation.', { expect: at(0) }),
  conflict('another-session-to-be-created', 'Creating a session that exists under another incarnation is a conflict.', { expect: at(0, 'other') }),

  storageCase('commit/conflicts-with-nothing', 'If the expected session does not exist, the conflict returns none and creates none.', async (place) => {
    const storage = await place.open()

    const answer = await storage.commit('s', change({ expect: at(1), working: { a: 1 } }))

    assertSame(withoutTime(answer), { outcome: 'conflict', session: null }, 'the answer')
    assertSame(await stateOf(storage, 's'), { session: null, archive: {} }, 'the session')
  }),

  storageCase('commit/finds-archived-keys-present', 'A key that is expected absent and is in the archive is answered with present and its record.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: { firing: { id: 1 }, other: 2 } })

    const answer = await storage.commit('s', change({ expect: at(1), expectAbsent: ['none', 'firing'] }))

    assertSame(withoutTime(answer), { outcome: 'present', records: { firing: { id: 1 } } }, 'the answer')
  }),

  storageCase('commit/finds-receipts-present', 'A key that is expected absent and is among the receipts is answered with present and its record.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: { firing: 1 }, receipts: { command: { id: 2 } } })

    const answer = await storage.commit('s', change({ expect: at(1), expectAbsent: ['firing', 'none', 'command'] }))

    assertSame(withoutTime(answer), { outcome: 'present', records: { firing: 1, command: { id: 2 } } }, 'the answer')
  }),

  storageCase('commit/present-writes-nothing', 'What is answered with present leaves working set, archive, receipts, wake-up and version as they were.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: 1 }, archive: { firing: 1 }, wakeAt: FAR_OFF })
    const before = await stateOf(storage, 's')

    const writes = { working: { a: 2 }, archive: { more: 2 }, receipts: { command: 2 }, removeArchive: ['firing'], wakeAt: LONG_AGO }
    const answer = await storage.commit('s', change({ expect: at(1), expectAbsent: ['firing'], ...writes }))

    assertSame(answer.outcome, 'present', 'the outcome')
    assertSame(await stateOf(storage, 's'), before, 'the session')
    await commit(storage, 's', { expect: at(1), expectAbsent: ['command'] })
  }),

  storageCase('commit/accepts-absent-keys', 'A key that is only in the working set, that was removed, or that the change itself puts, counts as absent.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { w: 1 }, archive: { removed: 1 } })
    await commit(storage, 's', { expect: at(1), removeArchive: ['removed'] })

    const own = { archive: { firing: 1 }, receipts: { command: 1 } }
    const answer = await storage.commit('s', change({ expect: at(2), expectAbsent: ['w', 'removed', 'firing', 'command'], ...own }))

    assertSame(answer.outcome, 'committed', 'the outcome')
  }),

  storageCase('commit/keeps-expected-keys-by-session', 'A key that is expected absent is looked for only in that session.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's1', { archive: { a: 1 }, receipts: { b: 1 } })

    const answer = await storage.commit('s', change({ expectAbsent: ['a', 'b', '1a', '1b'] }))

    assertSame(answer.outcome, 'committed', 'the outcome')
  }),

  storageCase('commit/hides-receipts', 'Only expectAbsent sees receipts: they are neither read nor listed, nor returned by a commit that reads.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { receipts: { command: 1 } })

    const read = (await storage.read('s', ['command'])).records
    const committed = await storage.commit('s', change({ expect: at(1), read: ['command'] }))

    assertSame(read, {}, 'the records read')
    assertSame(withoutTime(committed), { outcome: 'committed', records: {} }, 'the answer to a commit')
    assertSame(await stateOf(storage, 's'), { session: stored(at(2)), archive: {} }, 'the session')
  }),

  storageCase('commit/checks-the-commit-id-first', 'A known commit id is answered before the version and the absent keys are looked at.', async (place) => {
    const storage = await place.open()
    const known = change({ archive: { firing: 1 }, read: ['firing'] })
    await storage.commit('s', known)

    const outcomes = [
      await storage.commit('s', { ...known, expect: at(9) }),
      await storage.commit('s', { ...known, expect: at(1), expectAbsent: ['firing'] }),
    ].map(({ outcome }) => outcome)

    assertSame(outcomes, ['alreadyApplied', 'alreadyApplied'], 'the outcomes')
  }),

  storageCase('commit/checks-the-version-second', 'A version that differs is answered before the absent keys are looked at.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: { firing: 1 } })

    const answer = await storage.commit('s', change({ expect: at(0), expectAbsent: ['firing'] }))

    assertSame(answer.outcome, 'conflict', 'the outcome')
  }),
]

/** A session at its second commit is presented a version that differs: nothing happens, and the winner's state comes back. */
function conflict(path: string, promise: string, given: GivenChange): StorageCase {
  return storageCase(`commit/conflicts-with-${path}`, `${promise} It brings the session as it is and writes nothing.`, async (place) => {
    const storage = await place.open()
    await sessionAtTwo(storage)
    const before = await stateOf(storage, 's')

    const writes = { working: { a: 9 }, archive: { b: 9 }, receipts: { c: 9 }, wakeAt: LONG_AGO }
    const answer = await storage.commit('s', change({ ...writes, ...given }))

    const winner = { version: at(2), working: recordsOf({ a: 2 }), wakeAt: FAR_OFF }
    assertSame(withoutTime(answer), { outcome: 'conflict', session: winner }, 'the answer')
    assertSame(await stateOf(storage, 's'), before, 'the session')
    await commit(storage, 's', { expect: at(2), expectAbsent: ['c'] })
  })
}

async function sessionAtTwo(storage: Storage): Promise<void> {
  await commit(storage, 's', { working: { a: 1 } })
  await commit(storage, 's', { expect: at(1), working: { a: 2 }, archive: { b: 2 }, wakeAt: FAR_OFF })
}
