import type { Storage, Timed } from '@triggerkit/contracts'
import { assertSame, assertThat } from '../assertions.js'
import { at, change, FAR_OFF } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

/** 2001 and 2286: whatever lies between counts milliseconds since 1970, and neither seconds nor microseconds. */
const EARLIEST = 1e12
const LATEST = 1e13

/** The storage's time, by which everybody goes. */
export const storageTimeCases: readonly StorageCase[] = [
  storageCase('time/comes-with-every-answer', "Every answer carries the storage's time, in milliseconds since 1970.", async (place) => {
    const storage = await place.open()
    for (const [name, ask] of Object.entries(questions(storage))) {
      const { now } = await ask()

      assertThat(typeof now === 'number' && now > EARLIEST && now < LATEST, `${name} answered with the time ${String(now)}`)
    }
  }),

  storageCase('time/never-goes-back', 'The time of a later answer is never earlier, whichever storage over the data gives it.', async (place) => {
    const storages = await place.openSeveral(3)
    let latest = 0
    for (let round = 0; round < 5; round += 1) {
      for (const storage of storages) {
        for (const [name, ask] of Object.entries(questions(storage))) {
          const { now } = await ask()
          assertThat(now >= latest, `${name} answered with a time ${latest - now} ms before the answer before`)
          latest = now
        }
      }
      await place.wait(1)
    }
  }),

  storageCase('time/passes', "The storage's time passes as time does.", async (place) => {
    const storage = await place.open()
    const before = await storage.owners()
    await place.wait(500)
    const after = await storage.owners()

    const passed = after.now - before.now

    assertThat(passed >= 450 && passed < 60_000, `${passed} ms passed within 500 ms`)
  }),

  storageCase('time/is-one-for-all', 'Storages over the same data agree on the time.', async (place) => {
    const storages = await place.openSeveral(3)

    const times = []
    for (const storage of storages) times.push((await storage.owners()).now)

    assertSame(Math.max(...times) - Math.min(...times) < 1_000, true, 'agreement within a second')
  }),
]

/** A call of every method that answers. */
function questions(storage: Storage): Readonly<Record<string, () => Promise<Timed>>> {
  return {
    load: () => storage.load('s'),
    'commit (committed)': () => storage.commit(crypto.randomUUID(), change({ wakeAt: FAR_OFF })),
    'commit (conflict)': () => storage.commit('nobody', change({ expect: at(7) })),
    read: () => storage.read('s', ['a']),
    list: () => storage.list('s', { prefix: '', limit: 1 }),
    due: () => storage.due(1),
    postpone: () => storage.postpone('s', at(1), null),
    heartbeat: () => storage.heartbeat('o', 1_000, true),
    owners: () => storage.owners(),
    sessions: () => storage.sessions({ limit: 1 }),
    delete: () => storage.delete('nobody'),
  }
}
