import { CLAIM_MS } from '@triggerkit/contracts'
import { assertSame } from '../assertions.js'
import { at, change, commit, FAR_OFF, LONG_AGO, stateOf, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

const DURABLE = { durable: true } as const

/** What was acknowledged survives whoever asked for it: each case opens, acts, crashes and opens again. */
export const durabilityCases: readonly StorageCase[] = [
  storageCase('durability/keeps-sessions', 'An acknowledged commit is there after a crash, with archive, version and wake-up.', async (place) => {
    await commit(await place.open(), 's', { working: { a: 1 }, archive: { b: 1 }, wakeAt: FAR_OFF })
    await place.crash()
    await commit(await place.open(), 's', { expect: at(1), working: { a: 2 }, archive: { c: 2 }, removeArchive: ['b'], wakeAt: LONG_AGO })
    await place.crash()

    const storage = await place.open()

    assertSame(await stateOf(storage, 's'), { session: stored(at(2), { a: 2 }, LONG_AGO), archive: { c: 2 } }, 'the session')
    assertSame((await storage.sessions({ limit: 10 })).uids, ['s'], 'the sessions')
    assertSame((await storage.due(10)).sessions, [{ uid: 's', version: at(2) }], 'the sessions due')
  }, DURABLE),

  storageCase('durability/keeps-commit-ids', 'A commit id is still known after a crash.', async (place) => {
    const presented = change({ working: { a: 1 }, archive: { b: 1 }, read: ['b'] })
    await (await place.open()).commit('s', presented)
    await place.crash()

    const storage = await place.open()
    const { now: _now, ...answer } = await storage.commit('s', presented)

    assertSame(answer, { outcome: 'alreadyApplied', records: { b: 1 } }, 'the answer')
    assertSame((await storage.load('s')).session, stored(at(1), { a: 1 }), 'the session')
  }, DURABLE),

  storageCase('durability/keeps-receipts', 'A receipt is still found after a crash.', async (place) => {
    await commit(await place.open(), 's', { receipts: { command: 1 } })
    await place.crash()

    const storage = await place.open()
    const answer = await storage.commit('s', change({ expect: at(1), expectAbsent: ['command'] }))

    assertSame([answer.outcome, 'records' in answer && answer.records], ['present', { command: 1 }], 'the answer')
  }, DURABLE),

  storageCase('durability/keeps-leases', 'A lease still runs after a crash of its holder, and ends no sooner and no later.', async (place) => {
    const { now } = await (await place.open()).heartbeat('o', 2_000, true)
    await place.crash()

    const storage = await place.open()
    const early = await storage.owners()
    await place.waitUntil(storage, now + 2_000 + 1_000)
    const late = await storage.owners()

    if (early.now < now + 2_000) assertSame([...early.owners.keys()], ['o'], 'the owners while the lease runs')
    assertSame([...late.owners.keys()], [], 'the owners after the lease')
  }, DURABLE),

  storageCase('durability/keeps-claims-and-postponed-wake-ups', 'A claim and a wake-up that was moved hold after a crash.', async (place) => {
    const first = await place.open()
    await commit(first, 'claimed', { wakeAt: LONG_AGO })
    const claim = await first.due(1)
    await commit(first, 'postponed')
    await first.postpone('postponed', at(1), FAR_OFF)
    await place.crash()

    const storage = await place.open()
    const wakeUps = [(await storage.load('claimed')).session?.wakeAt, (await storage.load('postponed')).session?.wakeAt]

    assertSame(wakeUps, [claim.now + CLAIM_MS, FAR_OFF], 'the wake-ups')
  }, DURABLE),

  storageCase('durability/keeps-deletions', 'What was deleted stays deleted after a crash.', async (place) => {
    const first = await place.open()
    await commit(first, 's', { working: { a: 1 }, archive: { b: 1 } })
    await first.delete('s')
    await place.crash()

    const storage = await place.open()

    assertSame(await stateOf(storage, 's'), { session: null, archive: {} }, 'the session')
    assertSame((await storage.sessions({ limit: 10 })).uids, [], 'the sessions')
  }, DURABLE),

  storageCase('durability/leaves-places-apart', 'Another place begins empty: nothing outlives the data it belongs to.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { wakeAt: LONG_AGO })
    await storage.heartbeat('o', 60_000, true)

    await place.elsewhere(async (empty) => {
      const elsewhere = await empty.open()
      const found = [(await elsewhere.load('s')).session, (await elsewhere.sessions({ limit: 9 })).uids, (await elsewhere.due(9)).sessions, [...(await elsewhere.owners()).owners.keys()]]
      assertSame(found, [null, [], [], []], 'what is in an empty place')
    })

    assertSame((await storage.load('s')).session, stored(at(1), {}, LONG_AGO), 'the session of the first place')
  }),
]
