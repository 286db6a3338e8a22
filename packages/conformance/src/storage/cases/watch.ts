import type { Storage, StoredSession, Version } from '@triggerkit/contracts'
import { assertRefused, assertSame, assertThat } from '../assertions.js'
import { at, change, commit, FAR_OFF } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'
import type { Workplace } from '../workplace.js'

const WATCH = { watch: true } as const

/** How long listening may take to begin, in real milliseconds. */
const BEGINNING = 100

/** News of versions. */
export const watchCases: readonly StorageCase[] = [
  storageCase('watch/tells-of-other-storages-commits', 'A watcher is told of each version that another storage commits.', async (place) => {
    const [storage, other] = await place.openTwo()
    await assertToldOfEach(place, storage, other)
  }, WATCH),

  storageCase('watch/tells-of-own-commits', 'A watcher is told of the commits of its own storage, too.', async (place) => {
    const storage = await place.open()
    await assertToldOfEach(place, storage, storage)
  }, WATCH),

  storageCase('watch/tells-of-deletion', 'A watcher is told null when the session is deleted, and goes on with the next one.', async (place) => {
    const [storage, other] = await place.openTwo()
    const { told, number } = await listening(place, storage, other)

    await other.delete('s')
    await place.news(() => told.at(-1) === null, 'a deletion')
    await commit(other, 's', { expect: at(0, 'two') })
    await place.news(() => told.at(-1) !== null, 'a new session')

    assertSame(told.slice(-3), [at(number), null, at(1, 'two')], 'what was told')
  }, WATCH),

  storageCase('watch/tells-of-that-session-alone', 'A watcher is told of nothing that was not committed to its session: no refused change, no other session.', async (place) => {
    const [storage, other] = await place.openTwo()
    await commit(storage, 's1')
    const { told, number } = await listening(place, storage, other)
    const before = told.length

    await other.commit('s', change({ expect: at(number + 5) }))
    await commit(other, 's1', { expect: at(1) })
    await commit(other, 's:1')
    await commit(other, 's', { expect: at(number) })
    await place.news(() => told.length > before, 'a commit')

    assertSame(told.slice(before), [at(number + 1)], 'what was told')
  }, WATCH),

  storageCase('watch/brings-the-session-of-that-version', 'A session that is passed along with a new version is the one that has that version.', async (place) => {
    const [storage, other] = await place.openTwo()
    const brought: (readonly [Version | null, StoredSession])[] = []
    watch(storage, 's', (version, session) => session && brought.push([version, session]))
    const { told, number } = await listening(place, storage, other)
    const loaded = new Map<number, StoredSession | null>()

    for (let next = number + 1; next <= number + 6; next += 1) {
      const working = { [`key ${next}`]: next, large: 'x'.repeat(500 * next) }
      await commit(other, 's', { expect: at(next - 1), working, removeWorking: [`key ${next - 2}`], wakeAt: next % 2 === 0 ? null : FAR_OFF })
      loaded.set(next, (await other.load('s')).session)
    }
    await place.news(() => isAt(told, number + 6), 'the last commit')

    for (const [version, session] of brought) {
      assertSame(session.version, version, 'the version of the session that came along')
      if (loaded.has(session.version.number)) assertSame(session, loaded.get(session.version.number), 'the session that came along')
    }
  }, WATCH),

  storageCase('watch/ends-when-told', 'A watcher that has unsubscribed is told nothing more; others on the session still are, and unsubscribing twice is not an error.', async (place) => {
    const [storage, other] = await place.openTwo()
    const ended: unknown[] = []
    const end = watch(storage, 's', (version) => ended.push(version))
    const { told, number } = await listening(place, storage, other)
    await place.arrives(() => ended.length > 0, BEGINNING)

    end()
    end()
    const before = ended.length
    await commit(other, 's', { expect: at(number) })
    await commit(other, 's', { expect: at(number + 1) })
    await place.news(() => isAt(told, number + 2), 'a commit')

    assertSame(ended.slice(before), [], 'what was told after the end')
  }, WATCH),

  storageCase('watch/ends-with-its-storage', 'A closed storage tells its watchers nothing more, and takes no new ones.', async (place) => {
    const [storage, other] = await place.openTwo()
    const closing = await place.open()
    const ended = await listening(place, closing, other)
    const { told, number } = await listening(place, storage, other, ended.number)

    await closing.close()
    const before = ended.told.length
    await commit(other, 's', { expect: at(number) })
    await commit(other, 's', { expect: at(number + 1) })
    await place.news(() => isAt(told, number + 2), 'a commit')

    assertSame(ended.told.slice(before), [], 'what was told after closing')
    await assertRefused(() => watch(closing, 's', () => undefined), 'Closed', 'watching with a closed storage')
  }, WATCH),

  storageCase('watch/lets-no-listener-harm-others', 'A listener that throws affects neither the commit nor other listeners, and is told again.', async (place) => {
    const storage = await place.open()
    let thrown = 0
    watch(storage, 's', () => {
      thrown += 1
      throw new Error('This listener always throws.')
    })
    const { told, number } = await listening(place, storage, storage)
    const before = thrown

    await commit(storage, 's', { expect: at(number) })
    await place.news(() => isAt(told, number + 1), 'a commit')

    await place.news(() => thrown > before, 'a commit to the listener that throws')
  }, WATCH),

  storageCase('watch/is-absent-where-not-offered', 'A storage that declares no watch has none.', async (place) => {
    const storage = await place.open()

    assertThat(storage.watch === undefined, 'watch is declared false, and yet there is a method')
  }, { watch: false }),
]

async function assertToldOfEach(place: Workplace, storage: Storage, committer: Storage): Promise<void> {
  const { told, number } = await listening(place, storage, committer)
  const before = told.length

  for (let next = number + 1; next <= number + 4; next += 1) {
    await commit(committer, 's', { expect: at(next - 1) })
    await place.news(() => isAt(told, next), `commit ${next}`)
  }

  const expected = [1, 2, 3, 4].map((later) => at(number + later))
  assertSame(told.slice(before), expected, 'what was told')
}

/** Watches a session and commits to it until news come: listening may begin a moment after the call. */
async function listening(place: Workplace, storage: Storage, committer: Storage, from = 0): Promise<{ told: (Version | null)[]; number: number }> {
  const told: (Version | null)[] = []
  watch(storage, 's', (version) => told.push(version))
  for (let number = from + 1; number <= from + 30; number += 1) {
    await commit(committer, 's', { expect: at(number - 1) })
    if (await place.arrives(() => isAt(told, number), BEGINNING)) return { told, number }
  }
  assertThat(false, 'a watcher was told nothing, however often somebody committed')
}

function watch(storage: Storage, uid: string, listener: Parameters<NonNullable<Storage['watch']>>[1]): () => void {
  assertThat(storage.watch !== undefined, 'watch is declared, and yet there is no such method')
  return storage.watch(uid, listener)
}

function isAt(told: readonly (Version | null)[], number: number): boolean {
  return told.at(-1)?.number === number
}
