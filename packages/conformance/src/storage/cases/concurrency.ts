import { CLAIM_MS } from '@triggerkit/contracts'
import type { CommitAnswer, JsonValue, Storage, StoredSession } from '@triggerkit/contracts'
import { assertSame, assertThat } from '../assertions.js'
import { at, change, commit, LONG_AGO, stateOf, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'
import type { Workplace } from '../workplace.js'

/** Somebody wins each time, so nobody loses more often than all others together commit. */
const MOST_TRIES = 500

/** Several storages over the same data at the same time. */
export const concurrencyCases: readonly StorageCase[] = [
  race('two', 2, 25),
  race('eight', 8, 10),

  storageCase('concurrency/one-creates', 'Of many processes that create a session at once exactly one succeeds, and the others get its state.', async (place) => {
    const storages = await place.openSeveral(8)

    const answers = await Promise.all(
      storages.map((storage, index) => storage.commit('s', change({ expect: at(0, `by-${index}`), working: { by: index } }))),
    )

    const winner = answers.findIndex(({ outcome }) => outcome === 'committed')
    const session = stored(at(1, `by-${winner}`), { by: winner })
    const others = answers.filter((_, index) => index !== winner)
    assertSame(others.map(winnersState), others.map(() => session), 'what the others were answered')
    assertSame((await (storages[0] as Storage).load('s')).session, session, 'the session')
  }),

  storageCase('concurrency/one-change-is-applied-once', 'A change presented by many at once is applied once, and known to the others.', async (place) => {
    const storages = await place.openSeveral(8)
    await commit(storages[0] as Storage, 's')
    const presented = change({ expect: at(1), working: { a: 1 }, archive: { b: 1 }, read: ['b'] })

    const answers = await Promise.all(storages.map((storage) => storage.commit('s', presented)))

    const outcomes = answers.map(({ outcome }) => outcome).sort()
    assertSame(outcomes, [...Array<string>(7).fill('alreadyApplied'), 'committed'], 'the outcomes')
    assertSame(await stateOf(storages[0] as Storage, 's'), { session: stored(at(2), { a: 1 }), archive: { b: 1 } }, 'the session')
  }),

  storageCase('concurrency/one-firing-is-kept-once', 'Of many processes that expect a key to be absent and put it at once exactly one succeeds.', async (place) => {
    const storages = await place.openSeveral(4)
    await commit(storages[0] as Storage, 's')

    const answers = await Promise.all(storages.map((storage, index) => fireOnce(storage, index)))

    assertSame(answers.filter((outcome) => outcome === 'committed').length, 1, 'how many were committed')
    assertSame(answers.filter((outcome) => outcome === 'present').length, 3, 'how many found it present')
  }),

  storageCase('concurrency/one-claims', 'If many processes sweep at once, exactly one gets each due session.', async (place) => {
    const storages = await place.openSeveral(6)
    const uids = Array.from({ length: 30 }, (_, index) => `s${index}`)
    for (const uid of uids) await commit(storages[0] as Storage, uid, { wakeAt: LONG_AGO })

    const claims = await Promise.all([...storages, ...storages].map((storage) => storage.due(7)))

    const uidsOf = (some: typeof claims): readonly string[] => some.flatMap(({ sessions }) => sessions.map(({ uid }) => uid))
    const first = Math.min(...claims.map(({ now }) => now))
    const inTime = uidsOf(claims.filter(({ now }) => now < first + CLAIM_MS))
    assertSame(inTime.length, new Set(inTime).size, 'how many claims there were, and of how many sessions')
    assertSame([...new Set(uidsOf(claims))].sort(), [...uids].sort(), 'who was claimed')
  }),

  storageCase('concurrency/sessions-do-not-disturb-each-other', 'Commits to different sessions at once all succeed.', async (place) => {
    const storages = await place.openSeveral(4)

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (storages[index % 4] as Storage).commit(`s${index}`, change({ working: { index } }))),
    )

    assertSame(answers.map(({ outcome }) => outcome), Array(40).fill('committed'), 'the outcomes')
    assertSame((await (storages[0] as Storage).sessions({ limit: 100 })).uids.length, 40, 'how many sessions there are')
  }),

  storageCase('concurrency/deleting-and-committing-exclude-each-other', 'If delete and commit coincide, one came first: the session exists as a whole or not at all.', async (place) => {
    const [storage, other] = await place.openTwo()
    for (let round = 0; round < 15; round += 1) {
      const uid = `s${round}`
      await commit(storage, uid, { working: { a: 1 }, archive: { b: 1 } })

      const [{ outcome }] = await Promise.all([other.commit(uid, change({ expect: at(1), archive: { c: 1 } })), storage.delete(uid)])

      assertThat(outcome === 'committed' || outcome === 'conflict', `a commit that met a deletion was answered with ${outcome}`)
      assertSame(await stateOf(storage, uid), { session: null, archive: {} }, 'the deleted session')
    }
  }),
]

/** Everybody raises one counter, building on the winner's state after a conflict. */
function race(name: string, count: number, commits: number): StorageCase {
  const promise = `If ${name} storages commit to one session at once, no update is lost or duplicated, and the versions have no gaps.`
  return storageCase(`concurrency/${name}-race`, promise, async (place: Workplace) => {
    const storages = await place.openSeveral(count)
    await commit(storages[0] as Storage, 's', { working: { counter: 0 } })

    const numbers = await Promise.all(storages.map((storage, index) => raise(storage, index, commits)))

    const total = count * commits
    const { session, archive } = await stateOf(storages[0] as Storage, 's')
    assertSame(session, stored(at(total + 1), { counter: total }), 'the session')
    assertSame((archive as Map<string, JsonValue>).size, total, 'how many records were archived')
    const versions = numbers.flat().sort((left, right) => left - right)
    assertSame(versions, Array.from({ length: total }, (_, index) => index + 2), 'the versions committed')
  })
}

/** Commits so many times, each on the latest state known; answers with the numbers of its versions. */
async function raise(storage: Storage, by: number, commits: number): Promise<readonly number[]> {
  const numbers: number[] = []
  let session = (await storage.load('s')).session as StoredSession
  for (let tries = 0; numbers.length < commits; tries += 1) {
    assertThat(tries < MOST_TRIES, `${MOST_TRIES} commits in a row did not suffice, though somebody must win each time`)
    const counter = (session.working.get('counter') as number) + 1
    const given = { expect: session.version, working: { counter }, archive: { [`by/${by}/${numbers.length}`]: counter } }
    const answer = await storage.commit('s', change(given))
    if (answer.outcome === 'committed') numbers.push(session.version.number + 1)
    session = answer.outcome === 'conflict' ? (answer.session as StoredSession) : ((await storage.load('s')).session as StoredSession)
  }
  return numbers
}

/** Presents one firing until it is committed or found present. */
async function fireOnce(storage: Storage, by: number): Promise<CommitAnswer['outcome']> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { session } = await storage.load('s')
    assertThat(session !== null, 'the session is gone')
    const answer = await storage.commit('s', change({ expect: session.version, expectAbsent: ['firing'], archive: { firing: by } }))
    if (answer.outcome !== 'conflict') return answer.outcome
  }
  assertThat(false, `${MOST_TRIES} commits in a row met a conflict, though somebody must win each time`)
}

function winnersState(answer: CommitAnswer): unknown {
  return answer.outcome === 'conflict' ? answer.session : answer.outcome
}
