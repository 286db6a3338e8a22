import type { Storage } from '@triggerkit/contracts'
import { assertSame, assertThat } from '../assertions.js'
import { commit } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'
import type { Workplace } from '../workplace.js'

/** A lease that a case can wait for, and one that no case outlasts, in milliseconds. */
const SHORT = 1_000
const LONG = 3_600_000

/** How late a lease may be noticed to have run out, in milliseconds of the storage's time. */
const GRACE = 1_000

/** Who lives. */
export const leaseCases: readonly StorageCase[] = [
  storageCase('heartbeat/begins-a-lease', 'A first heartbeat begins a lease, and every storage over the data sees its owner.', async (place) => {
    const [storage, other] = await place.openTwo()

    const { lapsed } = await storage.heartbeat('o', LONG, true)

    assertSame([lapsed, await living(other)], [false, ['o']], 'lapsed, and the owners')
  }),

  storageCase('heartbeat/renews-a-lease', 'A heartbeat while the lease runs renews it: it runs as long again from then on.', async (place) => {
    const storage = await place.open()
    const first = await storage.heartbeat('o', SHORT, true)
    await place.waitUntil(storage, first.now + SHORT / 2)

    const renewed = await storage.heartbeat('o', SHORT, false)

    assertSame(renewed.lapsed, false, 'lapsed')
    await ends(place, storage, renewed.now + SHORT)
  }),

  storageCase('heartbeat/may-shorten-a-lease', 'A heartbeat sets how long the lease runs, also if that is shorter than before.', async (place) => {
    const storage = await place.open()
    await storage.heartbeat('o', LONG, true)

    const { now } = await storage.heartbeat('o', SHORT, false)

    await ends(place, storage, now + SHORT)
  }),

  storageCase('heartbeat/tells-a-lapsed-lease', 'Renewing a lease that has run out is answered with lapsed, and does not revive it.', async (place) => {
    const storage = await place.open()
    const { now } = await storage.heartbeat('o', SHORT, true)
    await ends(place, storage, now + SHORT)

    const answers = [await storage.heartbeat('o', LONG, false), await storage.heartbeat('o', LONG, false)]

    assertSame(answers.map(({ lapsed }) => lapsed), [true, true], 'lapsed')
    assertSame(await living(storage), [], 'the owners')
  }),

  storageCase('heartbeat/tells-an-unknown-owner', 'Renewing a lease that never began is answered with lapsed.', async (place) => {
    const storage = await place.open()
    await storage.heartbeat('other', LONG, true)

    const { lapsed } = await storage.heartbeat('o', LONG, false)

    assertSame([lapsed, await living(storage)], [true, ['other']], 'lapsed, and the owners')
  }),

  storageCase('heartbeat/begins-anew', 'A first heartbeat begins a lease also where an earlier one ended or still runs.', async (place) => {
    const storage = await place.open()
    await storage.heartbeat('ended', LONG, true)
    await storage.heartbeat('ended', 0, false)
    await storage.heartbeat('running', LONG, true)

    const answers = [await storage.heartbeat('ended', LONG, true), await storage.heartbeat('running', LONG, true)]

    assertSame(answers.map(({ lapsed }) => lapsed), [false, false], 'lapsed')
    assertSame(await living(storage), ['ended', 'running'], 'the owners')
  }),

  storageCase('heartbeat/ends-a-lease', 'A heartbeat of zero ends the lease at once.', async (place) => {
    const [storage, other] = await place.openTwo()
    await storage.heartbeat('o', LONG, true)

    await storage.heartbeat('o', 0, false)

    assertSame(await living(other), [], 'the owners')
    assertSame((await other.heartbeat('o', LONG, false)).lapsed, true, 'lapsed')
  }),

  storageCase('heartbeat/keeps-owners-apart', 'Owners of any name, also one that begins like another, have leases of their own, and none touches a session.', async (place) => {
    const storage = await place.open()
    const names = ['o', 'o:1', 'o:', '{o}', 'o 1', 'O', '%', '日本語', '😀', '__proto__', 'constructor', 'a/b']
    await commit(storage, 'o', { working: { a: 1 } })
    for (const name of names) await storage.heartbeat(name, LONG, true)

    await storage.heartbeat('o', 0, false)
    await storage.heartbeat('o:1', 0, false)

    const left = names.filter((name) => name !== 'o' && name !== 'o:1').sort()
    assertSame(await living(storage), left, 'the owners')
    assertSame((await storage.sessions({ limit: 10 })).uids, ['o'], 'the sessions')
  }),

  storageCase('owners/lists-the-living', 'The owners are those whose leases have not run out, each once, and no others.', async (place) => {
    const storage = await place.open()
    const { now } = await storage.heartbeat('o', SHORT, true)
    for (const name of ['a', 'b', 'a']) await storage.heartbeat(name, LONG, true)

    await ends(place, storage, now + SHORT)

    assertSame(await living(storage), ['a', 'b'], 'the owners')
  }),

  storageCase('owners/tells-when-leases-end', 'Each owner comes with the storage\'s time at which its lease ends.', async (place) => {
    const [storage, other] = await place.openTwo()
    const first = await storage.heartbeat('o', LONG, true)
    const renewed = await storage.heartbeat('renewed', SHORT, true).then(() => storage.heartbeat('renewed', 2 * LONG, false))

    const { owners } = await other.owners()

    for (const [owner, end] of [['o', first.now + LONG], ['renewed', renewed.now + 2 * LONG]] as const) {
      const told = owners.get(owner) ?? Number.NaN
      assertThat(Math.abs(told - end) <= GRACE, `the lease of ${owner} ends at ${end}, and ${told} was told`)
    }
  }),
]

async function living(storage: Storage): Promise<readonly string[]> {
  return [...(await storage.owners()).owners.keys()].sort()
}

/** Owner `o` lives until `end` by the storage's time, and no longer than a moment beyond. */
async function ends(place: Workplace, storage: Storage, end: number): Promise<void> {
  await place.waitUntil(storage, end - 50)
  let { now, owners } = await storage.owners()
  assertThat(owners.has('o') || now >= end, `the lease ended ${end - now} ms too early`)
  await place.waitUntil(storage, end)
  while (owners.has('o') && now < end + GRACE) {
    await place.wait(20)
    ;({ now, owners } = await storage.owners())
  }
  assertThat(!owners.has('o'), `the lease still ran ${now - end} ms after its end`)
}
