import type { JsonValue } from '@triggerkit/contracts'
import { deleteDB, openDB } from 'idb'
import { expect, it, onTestFinished, vi } from 'vitest'

import { change } from './committing.test-tab.js'
import { indexedDbStorage } from './index.js'

/** More than a session's row has room for. */
const MANY = 100
const TEXT = 'x'.repeat(200)

function open() {
  const name = `recent ${crypto.randomUUID()}`
  const storage = indexedDbStorage({ name })
  onTestFinished(async () => {
    await storage.close()
    await deleteDB(`triggerkit:${name}`)
  })
  const rowsBeside = async () => {
    const database = await openDB(`triggerkit:${name}`)
    const keys = (await database.getAllKeys('records')) as [uid: string, placeAndKey: string][]
    const counts = ['w', 'a'].map((place) => keys.filter(([, key]) => key.startsWith(place)).length)
    database.close()
    return counts
  }
  return { storage, rowsBeside }
}

function numbered(count: number, value: JsonValue = TEXT): Record<string, JsonValue> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${String(index).padStart(3, '0')}`, value]))
}

it('keeps a small session in its own row, and leaves nothing of what was put and removed there', async () => {
  const { storage, rowsBeside } = open()
  await storage.commit('s', change(0, { working: { stays: 1, goes: 2 }, archive: { stays: 3, goes: 4 } }))

  const removal = change(1)
  await storage.commit('s', { ...removal, working: { put: new Map(), remove: ['goes'] }, archive: { put: new Map(), remove: ['goes'] } })

  expect((await storage.load('s')).session?.working).toEqual(new Map([['stays', 1]]))
  expect((await storage.read('s', ['stays', 'goes'])).records).toEqual(new Map([['stays', 3]]))
  expect(await rowsBeside()).toEqual([0, 0])
})

it('moves what a row has no room for beside it, where it is found, replaced and removed like the rest', async () => {
  const { storage, rowsBeside } = open()
  await storage.commit('s', change(0, { working: numbered(MANY), archive: numbered(MANY) }))
  expect(Math.min(...(await rowsBeside()))).toBeGreaterThan(80)

  const patch = { put: new Map([['k001', 'new']]), remove: ['k000', 'k099'] }
  await storage.commit('s', { ...change(1), working: patch, archive: patch })
  await storage.commit('s', change(2, { working: { more: 1 }, archive: { 'k000 again': 1 } }))

  const expected: Record<string, JsonValue> = { ...numbered(MANY), k001: 'new' }
  for (const key of patch.remove) delete expected[key]
  expect(Object.fromEntries((await storage.load('s')).session?.working ?? [])).toEqual({ ...expected, more: 1 })
  const pages = [await storage.list('s', { prefix: 'k', limit: 2 }), await storage.list('s', { prefix: 'k', after: 'k001', limit: 200 })]
  expect(pages.map(({ records, more }) => [[...records.keys()].slice(0, 2), records.size, more])).toEqual([
    [['k000 again', 'k001'], 2, true],
    [['k002', 'k003'], 97, false],
  ])
  expect((await storage.commit('s', change(3, { expectAbsent: ['k000', 'k050'] }))).outcome).toBe('present')
})

it('keeps a working set in its row while the archive leaves it', async () => {
  const { storage, rowsBeside } = open()
  await storage.commit('s', change(0, { working: numbered(10) }))

  for (let number = 1; number <= 40; number += 1) await storage.commit('s', change(number, { working: { last: number }, archive: { [`a${number}`]: TEXT } }))

  const [working, archive] = await rowsBeside()
  expect([working, archive]).toEqual([0, expect.any(Number)])
  expect(archive).toBeGreaterThan(20)
  expect((await storage.load('s')).session?.working).toEqual(new Map(Object.entries({ ...numbered(10), last: 40 })))
  expect((await storage.list('s', { prefix: '', limit: 100 })).records.size).toBe(40)
})

it('puts a large record beside the row at once, and carries removals out there in time', async () => {
  const { storage, rowsBeside } = open()
  await storage.commit('s', change(0, { working: { large: 'x'.repeat(5_000) } }))
  expect(await rowsBeside()).toEqual([1, 0])

  await storage.commit('s', { ...change(1), working: { put: new Map(), remove: ['large'] } })
  await storage.commit('s', change(2, { archive: numbered(MANY) }))

  expect((await storage.load('s')).session?.working.size).toBe(0)
  expect((await rowsBeside())[0]).toBe(0)
})

it('knows a commit id after hundreds of others, and its receipt, each once', async () => {
  const { storage } = open()
  const first = change(0, { receipts: new Map([['receipt', 1]]), archive: { a: 1 }, read: ['a'] })
  const LATER = 200
  await storage.commit('s', first)
  for (let number = 1; number <= LATER; number += 1) await storage.commit('s', change(number))

  const again = await storage.commit('s', first)
  const receipt = await storage.commit('s', change(LATER + 1, { expectAbsent: ['receipt'] }))
  const ended = await storage.delete('s')

  expect([again, receipt]).toMatchObject([{ outcome: 'alreadyApplied', records: new Map([['a', 1]]) }, { outcome: 'present', records: new Map([['receipt', 1]]) }])
  expect(ended).toHaveProperty('now')
  expect((await storage.commit('s', first)).outcome).toBe('alreadyApplied')
  expect((await storage.commit('s', change(0, { expectAbsent: ['receipt'] }))).outcome).toBe('present')
})

it('knows the latest of several receipts of one key, whichever sessions of that uid they came from', async () => {
  const { storage } = open()
  for (let value = 1; value <= 6; value += 1) {
    await storage.commit('s', change(0, { expect: { incarnation: crypto.randomUUID(), number: 0 }, receipts: new Map([['r', value]]) }))
    await storage.delete('s')
  }

  const answer = await storage.commit('s', change(0, { expectAbsent: ['r'] }))

  expect(answer).toMatchObject({ outcome: 'present', records: new Map([['r', 6]]) })
})

it('knows the commits of a session that has ended from one that is made again under its incarnation', async () => {
  const { storage } = open()
  const second = change(1)
  for (const given of [change(0), second]) await storage.commit('s', given)
  await storage.delete('s')
  await storage.commit('s', change(0))

  const { outcome } = await storage.commit('s', second)

  expect(outcome).toBe('alreadyApplied')
})

it('writes one row for a commit, and looks for its id in that row alone, also where another was a little faster', async () => {
  const { storage } = open()
  await storage.commit('s', change(0))
  const faster = change(1)
  await storage.commit('s', faster)
  const [put, lookedUp] = [vi.spyOn(IDBObjectStore.prototype, 'put'), vi.spyOn(IDBIndex.prototype, 'getAll')]
  onTestFinished(() => void vi.restoreAllMocks())

  const { outcome: lost } = await storage.commit('s', change(1))
  const { outcome: again } = await storage.commit('s', faster)
  await storage.commit('s', change(2))

  expect([lost, again]).toEqual(['conflict', 'alreadyApplied'])
  expect([lookedUp.mock.calls.length, put.mock.contexts.filter((store) => (store as IDBObjectStore).name !== 'time').length]).toEqual([0, 1])
})
