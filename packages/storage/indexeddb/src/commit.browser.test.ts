import type { Change, JsonValue } from '@triggerkit/contracts'
import { deleteDB } from 'idb'
import { expect, it, onTestFinished, vi } from 'vitest'

import { change } from './committing.test-tab.js'
import { indexedDbStorage } from './index.js'

function open() {
  const name = `commit ${crypto.randomUUID()}`
  const storage = indexedDbStorage({ name })
  onTestFinished(async () => {
    await storage.close()
    await deleteDB(`triggerkit:${name}`)
  })
  return storage
}

/** What a careless caller may do to a change that he has handed over. */
function spoil(given: Change): void {
  const { working, archive, receipts, expect, expectAbsent, read } = given
  for (const records of [working.put, archive.put, receipts] as Map<string, JsonValue>[]) records.clear()
  for (const keys of [working.remove, archive.remove, expectAbsent, read] as string[][]) keys.push('a')
  Object.assign(expect, { number: 7 })
  Object.assign(given, { wakeAt: 7, commitId: 'another', ttl: 0 })
}

it.each(['commit', 'commitMany'] as const)('takes a change as it is when %s is called, whatever becomes of it later', async (method) => {
  const storage = open()
  const given = change(0, { working: { a: 1 }, archive: { a: 2, b: 3 }, receipts: new Map([['r', 4]]), read: ['b'] })
  const { commitId } = given

  const committing = method === 'commit' ? storage.commit('s', given) : storage.commitMany([{ uid: 's', change: given }]).then(([answer]) => answer)
  spoil(given)

  expect(await committing).toMatchObject({ outcome: 'committed', records: new Map([['b', 3]]) })
  expect((await storage.load('s')).session).toEqual({ version: { incarnation: 'one', number: 1 }, working: new Map([['a', 1]]), wakeAt: null })
  expect(await storage.commit('s', change(0, { commitId, read: ['a'] }))).toMatchObject({ outcome: 'alreadyApplied', records: new Map([['a', 2]]) })
  expect((await storage.commit('s', change(1, { expectAbsent: ['r'] }))).outcome).toBe('present')
})

it('reads a change once, though its transaction is done anew', async () => {
  const storage = open()
  let readings = 0
  const record = { toJSON: () => (readings += 1) } as unknown as JsonValue
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
    throw new DOMException('The database connection is closing.', 'InvalidStateError')
  })
  onTestFinished(() => put.mockRestore())

  await storage.commit('s', change(0, { working: { record } }))

  expect((await storage.load('s')).session?.working).toEqual(new Map([['record', 1]]))
})

it('refuses what is not JSON by itself, and commits what came with it', async () => {
  const storage = open()
  const given = [{ a: 1 }, { a: 1n as unknown as JsonValue }, { a: 3 }]

  const answers = await Promise.allSettled(given.map((working, index) => storage.commit(`s${index}`, change(0, { working }))))

  expect(answers).toMatchObject([
    { value: { outcome: 'committed' } },
    { reason: { code: 'StorageRefused', details: { key: 'a' } } },
    { value: { outcome: 'committed' } },
  ])
})

it.each(['archive', 'receipts'] as const)('refuses what the browser takes for too large among the %s by itself, commits what came with it, and goes on', async (place) => {
  const storage = open()
  const records = { large: 'x'.repeat(140_000_000) }
  const large = place === 'archive' ? change(0, { archive: records }) : change(0, { receipts: new Map(Object.entries(records)) })

  const [refused, beside] = await Promise.allSettled([storage.commit('s', large), storage.commit('t', change(0))])

  expect(refused).toMatchObject({ reason: { code: 'StorageRefused', message: expect.stringContaining('too large') } })
  expect(beside).toMatchObject({ value: { outcome: 'committed' } })
  expect((await storage.load('s')).session).toBeNull()
}, 60_000)

/** A session to which a commit has just come too late, and how many transactions that and what follows begin. */
async function lost() {
  const storage = open()
  await storage.commit('s', change(0))
  const begun = vi.spyOn(IDBDatabase.prototype, 'transaction')
  onTestFinished(() => begun.mockRestore())
  expect((await storage.commit('s', change(0))).outcome).toBe('conflict')
  return { storage, begun }
}

it('commits in the transaction in which it came too late, where it comes anew at once', async () => {
  const { storage, begun } = await lost()

  const again = await storage.commit('s', change(1, { working: { a: 1 } }))

  expect(again.outcome).toBe('committed')
  expect(begun).toHaveBeenCalledTimes(1)
  expect((await storage.load('s')).session).toMatchObject({ version: { number: 2 }, working: new Map([['a', 1]]) })
})

it('commits to any other session there, too, and finds each as it is', async () => {
  const { storage, begun } = await lost()

  const answers = await Promise.all([storage.commit('t', change(0)), storage.commit('s', change(1)), storage.commit('s', change(1))])

  expect(answers.map(({ outcome }) => outcome)).toEqual(['committed', 'committed', 'conflict'])
  expect(begun).toHaveBeenCalledTimes(1)
})

it.each([
  ['which the browser has not told yet', nextTask],
  ['long before', () => new Promise((resolve) => setTimeout(resolve, 50))],
])('commits in a transaction of its own where that one has ended, %s', async (_, meanwhile) => {
  const { storage, begun } = await lost()
  const opened = vi.spyOn(indexedDB, 'open')
  onTestFinished(() => opened.mockRestore())

  await meanwhile()
  const again = await storage.commit('s', change(1))

  expect(again.outcome).toBe('committed')
  expect([begun.mock.calls.length, opened.mock.calls.length]).toEqual([2, 0])
})

it('reads in a transaction of its own, so that nobody who reads on and on keeps others waiting', async () => {
  const { storage, begun } = await lost()

  await storage.load('s')

  expect(begun).toHaveBeenCalledTimes(2)
})

function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.onmessage = () => resolve()
    port2.postMessage(null)
  })
}
