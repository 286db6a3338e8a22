import type { JsonValue, Storage } from '@triggerkit/contracts'
import { assertRefused, assertSame, assertThat } from '../assertions.js'
import { at, change, commit, LONG_AGO, stateOf, stored } from '../changes.js'
import type { GivenChange } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

const cycle: { self?: unknown } = {}
cycle.self = cycle

const NOT_JSON: readonly (readonly [name: string, value: unknown])[] = [
  ['a-bigint', { count: 1n }],
  ['a-cycle', cycle],
  ['a-function', () => 1],
  ['undefined', undefined],
]

/** A commit is whole or has not happened. */
export const atomicityCases: readonly StorageCase[] = [
  ...NOT_JSON.map(([name, value]) => refusal(`commit/refuses-${name}`, 'archive', value as JsonValue)),
  ...(['working', 'archive', 'receipts'] as const).map((part) =>
    refusal(`commit/is-all-or-nothing-in-${part}`, part, cycle as JsonValue),
  ),

  storageCase('commit/is-seen-whole', 'Calls made while others commit see each change as a whole or not at all.', async (place) => {
    const [writer, reader] = await place.openTwo()
    const keys = Array.from({ length: 40 }, (_, index) => `k${String(index).padStart(2, '0')}`)
    const facts = (value: number) => keys.map((key) => [key, value] as const)
    await commit(writer, 's', { working: facts(0), archive: facts(0) })
    let writing = true
    const looks = look(reader, keys, () => writing)

    for (let number = 1; number <= 30; number += 1) await commit(writer, 's', { expect: at(number), working: facts(number), archive: facts(number) })
    writing = false

    const torn = (await looks).filter((values) => values.size > 1)
    assertSame(torn.map((values) => [...values]), [], 'what was seen half')
  }),
]

/** The values of all the records, for each look at the working set and at the archive. */
async function look(storage: Storage, keys: readonly string[], goesOn: () => boolean): Promise<readonly Set<JsonValue>[]> {
  const seen: Set<JsonValue>[] = []
  do {
    const { session } = await storage.load('s')
    seen.push(new Set([...(session?.working.values() ?? []), (session?.version.number ?? 0) - 1]))
    const { records, version } = await storage.read('s', keys)
    seen.push(new Set([...records.values(), (version?.number ?? 0) - 1]))
  } while (goesOn())
  return seen
}

function refusal(path: string, part: 'working' | 'archive' | 'receipts', value: JsonValue): StorageCase {
  const promise = `A record that is not JSON, among good ones in ${part}, has the whole change refused with StorageRefused; the storage goes on.`
  return storageCase(path, promise, async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: 1 } })
    const before = await stateOf(storage, 's')
    const good: GivenChange = { expect: at(1), working: { a: 2 }, archive: { b: 2 }, receipts: { c: 2 }, wakeAt: LONG_AGO }
    const commitId = crypto.randomUUID()

    await assertRefused(() => storage.commit('s', change({ ...good, commitId, [part]: [['good', 1], ['bad', value], ['late', 1]] })), 'StorageRefused', 'the commit')

    assertSame(await stateOf(storage, 's'), before, 'the session')
    assertThat((await storage.due(10)).sessions.length === 0, 'a refused change woke its session up')
    await commit(storage, 's', { ...good, commitId, expectAbsent: ['c', 'good'] })
    assertSame((await storage.load('s')).session, stored(at(2), { a: 2 }, LONG_AGO), 'the session afterwards')
  })
}
