import { CLAIM_MS, RETENTION_MS } from '@triggerkit/contracts'
import type { Storage } from '@triggerkit/contracts'
import { assertSame, assertThat } from '../assertions.js'
import { at, change, commit, FAR_OFF, LONG_AGO, stateOf, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'
import type { Workplace } from '../workplace.js'

/** A time to live that a case can wait for, and one that no case outlasts, in milliseconds. */
const SHORT = 1_000
const LONG = 3_600_000

/** When a session ends by itself, and what is left of it. */
export const timeToLiveCases: readonly StorageCase[] = [
  storageCase('time-to-live/counts-from-the-commit', 'A session lives as long as its time to live after the commit, and ends then.', async (place) => {
    const storage = await place.open()
    const { now } = await commit(storage, 's', { ttl: SHORT })

    await ends(place, storage, now + SHORT)
  }),

  storageCase('time-to-live/counts-from-the-last-commit', 'Each commit restarts the time to live.', async (place) => {
    const storage = await place.open()
    const first = await commit(storage, 's', { ttl: SHORT })
    await place.waitUntil(storage, first.now + SHORT / 2)
    const second = await commit(storage, 's', { expect: at(1), ttl: SHORT })

    await ends(place, storage, second.now + SHORT)
  }),

  storageCase('time-to-live/is-the-last-commits', 'The last commit decides how long the session lives: longer than before, or shorter.', async (place) => {
    const storage = await place.open()
    await commit(storage, 'longer', { ttl: SHORT })
    await commit(storage, 'longer', { expect: at(1), ttl: LONG })
    await commit(storage, 's', { ttl: LONG })
    const { now } = await commit(storage, 's', { expect: at(1), ttl: SHORT })

    await ends(place, storage, now + SHORT)
    assertSame((await storage.load('longer')).session, stored(at(2)), 'the session that lives longer')
  }),

  storageCase('time-to-live/never-ends-before-the-wake-up', 'A session lives as long after its wake-up as after its commit, and at least for the claim time.', async (place) => {
    const storage = await place.open()
    const { now } = await commit(storage, 's')
    const wakeAt = now + 2 * SHORT
    await commit(storage, 's', { expect: at(1), wakeAt, ttl: SHORT })

    await ends(place, storage, wakeAt + CLAIM_MS)
  }),

  storageCase('time-to-live/leaves-the-woken-session-to-be-found', 'A session is due at its wake-up, however short its time to live.', async (place) => {
    const storage = await place.open()
    const { now } = await commit(storage, 's')
    await commit(storage, 's', { expect: at(1), working: { a: 1 }, wakeAt: now + 2 * SHORT, ttl: 1 })

    await place.waitUntil(storage, now + 2 * SHORT)
    const { sessions } = await storage.due(10)

    assertSame(sessions, [{ uid: 's', version: at(2) }], 'the sessions due')
    assertSame((await storage.load('s')).session?.working, { a: 1 }, 'the working set')
  }),

  storageCase('time-to-live/moves-with-the-wake-up', 'Postponing a wake-up moves the end with it: later, and sooner.', async (place) => {
    const storage = await place.open()
    await commit(storage, 'later', { working: { a: 1 }, wakeAt: LONG_AGO, ttl: SHORT })
    await storage.postpone('later', at(1), FAR_OFF)
    const { now } = await commit(storage, 's', { wakeAt: FAR_OFF, ttl: SHORT })
    await storage.postpone('s', at(1), null)

    await ends(place, storage, now + SHORT)
    assertSame((await storage.load('later')).session, stored(at(1), { a: 1 }, FAR_OFF), 'the session of the later wake-up')
  }),

  storageCase('time-to-live/takes-the-session-whole', 'Nothing of a session outlasts it: no record, no wake-up, no entry among the sessions.', async (place) => {
    const storage = await place.open()
    await commit(storage, 'other', { archive: { a: 1 } })
    const { now } = await commit(storage, 's', { working: { a: 1 }, archive: { b: 1 }, ttl: SHORT })

    await ends(place, storage, now + SHORT)

    assertSame(await stateOf(storage, 's'), { session: null, archive: {} }, 'the session')
    assertSame(await storage.read('s', ['b']).then(({ version, records }) => ({ version, records })), { version: null, records: {} }, 'a read')
    assertSame((await storage.sessions({ limit: 10 })).uids, ['other'], 'the sessions')
    assertSame((await storage.due(10)).sessions, [], 'the sessions due')
  }),

  storageCase('time-to-live/lets-a-session-be-made-anew', 'After its end a session can be created again, without anything of the old one; the old version is a conflict.', async (place) => {
    const storage = await place.open()
    const { now } = await commit(storage, 's', { working: { a: 1 }, archive: { b: 1 }, ttl: SHORT })
    await ends(place, storage, now + SHORT)

    const late = await storage.commit('s', change({ expect: at(1) }))
    await commit(storage, 's', { expect: at(0, 'two'), expectAbsent: ['b'], working: { c: 1 } })

    assertSame(late.outcome === 'conflict' && late.session, null, 'the session of the conflict')
    assertSame(await stateOf(storage, 's'), { session: stored(at(1, 'two'), { c: 1 }), archive: {} }, 'the new session')
  }),

  storageCase('time-to-live/leaves-commit-ids-and-receipts', 'Commit ids and receipts are kept for RETENTION_MS, even after their session has ended.', async (place) => {
    const storage = await place.open()
    const presented = change({ receipts: { command: 1 }, ttl: SHORT })
    const { now } = await storage.commit('s', presented)
    await ends(place, storage, now + SHORT)
    await place.waitTowards(storage, now + RETENTION_MS - 1)

    const again = await storage.commit('s', presented)
    const repeated = await storage.commit('s', change({ expect: at(0, 'two'), expectAbsent: ['command'] }))

    assertSame([again.outcome, repeated.outcome], ['alreadyApplied', 'present'], 'the outcomes')
    assertSame((await storage.load('s')).session, null, 'the session')
  }),

  storageCase('commit/keeps-commit-ids-and-receipts', 'Commit ids and receipts are kept for RETENTION_MS, however many others follow.', async (place) => {
    const storage = await place.open()
    const presented = change({ receipts: { command: 1 } })
    const { now } = await storage.commit('s', presented)
    for (let number = 1; number < 300; number += 1) await commit(storage, 's', { expect: at(number), receipts: { [`r${number}`]: 1 } })
    await place.waitTowards(storage, now + RETENTION_MS - 1)

    const again = await storage.commit('s', presented)
    const repeated = await storage.commit('s', change({ expect: at(300), expectAbsent: ['command'] }))

    assertSame([again.outcome, repeated.outcome], ['alreadyApplied', 'present'], 'the outcomes')
  }),
]

/** Session `s` is there until `end` by the storage's time, and gone soon after it: a claim time later at most. */
async function ends(place: Workplace, storage: Storage, end: number): Promise<void> {
  await place.waitUntil(storage, end - 50)
  let answer = await storage.load('s')
  for (let looks = 0; answer.session !== null && looks < CLAIM_MS / 20 && answer.now < end + CLAIM_MS; looks += 1) {
    await place.wait(20)
    answer = await storage.load('s')
  }
  assertThat(answer.session === null, `the session was still there ${answer.now - end} ms after its end`)
  assertThat(answer.now >= end, `the session ended ${end - answer.now} ms too early`)
}
