import { CLAIM_MS } from '@triggerkit/contracts'
import type { DueSession, Storage } from '@triggerkit/contracts'
import { assertSame, assertThat } from '../assertions.js'
import { at, commit, FAR_OFF, LONG_AGO, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

/** How soon a wake-up is that a case waits for, in milliseconds. */
const SOON = 400

/** Wake-ups: when they come, who gets them, and what moves them. */
export const dueCases: readonly StorageCase[] = [
  storageCase('due/brings-what-has-come', 'Sessions whose wake-up has come are due, with their version; those of a later one or of none are not.', async (place) => {
    const storage = await place.open()
    await commit(storage, 'came', { wakeAt: LONG_AGO })
    await commit(storage, 'came', { expect: at(1), wakeAt: LONG_AGO })
    await commit(storage, 'later', { wakeAt: FAR_OFF })
    await commit(storage, 'never')

    const { sessions } = await storage.due(10)

    assertSame(sessions, [{ uid: 'came', version: at(2) }], 'the sessions due')
  }),

  storageCase('due/waits-for-the-time', "A session is due from its wake-up on by the storage's time, and not before.", async (place) => {
    const storage = await place.open()
    const { now } = await commit(storage, 's')
    await commit(storage, 's', { expect: at(1), wakeAt: now + SOON })

    await place.waitUntil(storage, now + SOON / 2)
    const early = await storage.due(10)
    await place.waitUntil(storage, now + SOON)
    const inTime = early.sessions.length > 0 ? early : await storage.due(10)

    assertSame(inTime.sessions, [{ uid: 's', version: at(1 + 1) }], 'the sessions due')
    assertThat(inTime.now >= now + SOON, `the session was due ${now + SOON - inTime.now} ms before its wake-up`)
  }),

  storageCase('due/claims', 'What is due is put off by the claim time in the same step, so that no other sweeper gets it.', async (place) => {
    const [storage, other] = await place.openTwo()
    await commit(storage, 's', { working: { a: 1 }, wakeAt: LONG_AGO })

    const claim = await storage.due(10)
    const others = [await other.due(10), await storage.due(10)].filter(({ now }) => now < claim.now + CLAIM_MS)

    assertSame(claim.sessions, [{ uid: 's', version: at(1) }], 'the sessions due')
    assertSame(others.flatMap(({ sessions }) => sessions), [], 'what others got before the claim time was over')
    assertSame((await storage.load('s')).session, stored(at(1), { a: 1 }, claim.now + CLAIM_MS), 'the session claimed')
  }),

  storageCase('due/comes-again-after-the-claim-time', 'A session that was claimed and left is due again after the claim time, and not before.', async (place) => {
    const [storage, other] = await place.openTwo()
    await commit(storage, 's', { wakeAt: LONG_AGO })
    const claim = await storage.due(10)

    await place.waitUntil(storage, claim.now + CLAIM_MS - 200)
    const early = await other.due(10)
    await place.waitUntil(storage, claim.now + CLAIM_MS)
    const again = early.sessions.length > 0 ? early : await other.due(10)

    assertSame(again.sessions, [{ uid: 's', version: at(1) }], 'the sessions due again')
    assertThat(again.now >= claim.now + CLAIM_MS, `it was due again ${claim.now + CLAIM_MS - again.now} ms too early`)
  }),

  storageCase('due/keeps-to-the-limit', 'Not more sessions come than asked for, and the others come next: the longest waiting first.', async (place) => {
    const storage = await place.open()
    const waiting = { third: 30, first: 10, fifth: 50, second: 20, fourth: 40 }
    for (const [uid, wakeAt] of Object.entries(waiting)) await commit(storage, uid, { wakeAt })

    const claims = [await storage.due(2), await storage.due(2), await storage.due(2)]

    assertSame(claims.map(({ sessions }) => uidsOf(sessions)), [['first', 'second'], ['third', 'fourth'], ['fifth']], 'the sessions of each call')
  }),

  storageCase('due/follows-each-commit', 'The latest commit decides whether a session is due, also after a claim.', async (place) => {
    const storage = await place.open()
    await commit(storage, 'cleared', { wakeAt: LONG_AGO })
    await commit(storage, 'cleared', { expect: at(1) })
    await commit(storage, 'set')
    await commit(storage, 'set', { expect: at(1), wakeAt: LONG_AGO })
    await commit(storage, 'claimed', { wakeAt: LONG_AGO })

    const first = await storage.due(10)
    await commit(storage, 'claimed', { expect: at(1), wakeAt: LONG_AGO })
    const second = await storage.due(10)

    assertSame([uidsOf(first.sessions).sort(), second.sessions], [['claimed', 'set'], [{ uid: 'claimed', version: at(2) }]], 'the sessions due')
  }),

  storageCase('due/leaves-the-version', 'A claim is not a commit: a change that builds on the version from before it is still committed.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { wakeAt: LONG_AGO })
    await storage.due(1)

    await commit(storage, 's', { expect: at(1), working: { a: 1 } })

    assertSame((await storage.load('s')).session, stored(at(2), { a: 1 }), 'the session')
  }),

  postponing('due/forgets-deleted-sessions', 'A deleted session is not due.', async (storage) => {
    await commit(storage, 's', { wakeAt: LONG_AGO })
    await storage.delete('s')
  }, null),

  postponing('postpone/moves-forward', 'A wake-up can be put off; the version stays.', async (storage) => {
    await commit(storage, 's', { wakeAt: LONG_AGO })
    await storage.postpone('s', at(1), FAR_OFF)
  }, FAR_OFF),

  postponing('postpone/takes-back', 'A wake-up can be taken back.', async (storage) => {
    await commit(storage, 's', { wakeAt: LONG_AGO })
    await storage.postpone('s', at(1), null)
  }, null),

  postponing('postpone/moves-backward', 'A wake-up can be made earlier.', async (storage) => {
    await commit(storage, 's', { wakeAt: FAR_OFF })
    await storage.postpone('s', at(1), LONG_AGO)
  }, LONG_AGO),

  postponing('postpone/sets-one', 'A session without a wake-up can be given one.', async (storage) => {
    await commit(storage, 's')
    await storage.postpone('s', at(1), LONG_AGO)
  }, LONG_AGO),

  postponing('postpone/ends-a-claim', 'A wake-up that was claimed can be moved, as the version has not changed.', async (storage) => {
    await commit(storage, 's', { wakeAt: LONG_AGO })
    await storage.due(1)
    await storage.postpone('s', at(1), LONG_AGO)
  }, LONG_AGO),

  postponing('postpone/does-nothing-at-an-older-version', 'An older version moves nothing, because the newer commit’s wake-up stands.', async (storage) => {
    await commit(storage, 's')
    await commit(storage, 's', { expect: at(1), wakeAt: LONG_AGO })
    await storage.postpone('s', at(1), FAR_OFF)
    await storage.postpone('s', at(1), null)
  }, LONG_AGO),

  postponing('postpone/does-nothing-at-another-incarnation', 'Another incarnation moves nothing, whatever its number.', async (storage) => {
    await commit(storage, 's', { wakeAt: LONG_AGO })
    await storage.postpone('s', at(1, 'other'), FAR_OFF)
  }, LONG_AGO),

  storageCase('postpone/does-nothing-to-nobody', 'Postponing a session that does not exist does nothing, and creates none.', async (place) => {
    const storage = await place.open()

    await storage.postpone('s', at(1), LONG_AGO)
    await storage.postpone('s', at(0), LONG_AGO)

    assertSame([(await storage.due(10)).sessions, (await storage.load('s')).session], [[], null], 'what is there')
  }),
]

/** A wake-up is moved; afterwards it is as said, and due if it has come. */
function postponing(path: string, promise: string, act: (storage: Storage) => Promise<void>, wakeAt: number | null): StorageCase {
  return storageCase(path, promise, async (place) => {
    const [storage, other] = await place.openTwo()
    await act(storage)

    const { session } = await other.load('s')
    const { sessions } = await other.due(10)

    assertSame(session?.wakeAt ?? null, wakeAt, 'the wake-up')
    assertSame(sessions, wakeAt === LONG_AGO ? [{ uid: 's', version: session?.version }] : [], 'the sessions due')
  })
}

function uidsOf(sessions: readonly DueSession[]): string[] {
  return sessions.map(({ uid }) => uid)
}
