import { API_VERSION, CLAIM_MS, RETENTION_MS } from '@triggerkit/contracts'
import { openDB } from 'idb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { commands } from 'vitest/browser'

import manifest from '../package.json' with { type: 'json' }
import { change } from './committing.test-tab.js'
import { Connection } from './connection.js'
import { atEnd, closeAll, newName, open } from './fakes/opened.js'
import { indexedDbStorage, indexedDbStorageDescriptor } from './index.js'
import { toSettings } from './options.js'
import type { RetainedRow } from './schema.js'

const START = 1_700_000_000_000
const TAB = new URL('./committing.test-tab.ts', import.meta.url).href

afterEach(async () => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  await closeAll()
})

function inTab(tab: number, name: string, input: object = {}): Promise<unknown> {
  return commands.callInTab(tab, { module: TAB, name, input })
}

/** How the storage's transactions are begun, by its own name. */
function transactionsBegun(): { mode: string | undefined; durability: string | undefined }[] {
  const begun: { mode: string | undefined; durability: string | undefined }[] = []
  const begin = IDBDatabase.prototype.transaction
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, stores, mode, options) {
    begun.push({ mode, durability: options?.durability })
    return begin.call(this, stores, mode, options)
  })
  return begun
}

describe('a transaction', () => {
  // Research, reliability B1 and finding 7: an exception between two puts commits the first one.
  it('leaves nothing behind when its work throws after a put', async () => {
    const name = newName()
    const connection = new Connection(toSettings({ name }))
    atEnd(async () => connection.close())

    const failure = connection.transact(async (scope) => {
      await scope.renew('owner', 1_000, true)
      throw new RangeError('amid the work')
    })

    await expect(failure).rejects.toThrow('amid the work')
    expect((await open({ name }).owners()).owners.size).toBe(0)
  })

  // Research, reliability B1: `await fetch` or a timer in a transaction ends in TransactionInactiveError.
  it('is over when its work waits for anything but the database, and says so', async () => {
    const connection = new Connection(toSettings({ name: newName() }))
    atEnd(async () => connection.close())

    const failure = connection.transact(async (scope) => {
      await new Promise((resolve) => setTimeout(resolve, 0))
      await scope.owners()
    })

    await expect(failure).rejects.toMatchObject({ name: 'TransactionInactiveError' })
  })

  it('is one for each commit, and one for all commits of a turn', async () => {
    const storage = open()
    await storage.load('s')
    const begun = transactionsBegun()

    await storage.commit('s', change(0))
    const exact = begun.length
    const answers = await Promise.all(Array.from({ length: 64 }, (_, index) => storage.commit(`s${index}`, change(0))))

    expect(exact).toBe(1)
    expect(begun.length).toBe(2)
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['committed']))
  })

  // Research, reliability B2: durability is a hint, and relaxed is the browsers' default; ask for `strict` explicitly.
  it.each(['relaxed', 'strict'] as const)('asks for %s durability as told', async (durability) => {
    const begun = transactionsBegun()

    await open({ durability }).commit('s', change(0))

    expect(begun).toEqual([{ mode: 'readwrite', durability }])
  })
})

// A frozen page still gets messages, but its transactions never end, and all other tabs wait for them. Here the events alone are
// dispatched; that a tab which is frozen leaves the database to the others is shown by the fault runs.
describe('a page that is frozen', () => {
  const tell = (event: 'freeze' | 'resume') => document.dispatchEvent(new Event(event))

  it('begins no transaction before its thaw', async () => {
    const storage = open()
    await storage.commit('s', change(0))
    const begun = transactionsBegun()
    tell('freeze')

    const loading = storage.load('s')
    // A way to the database and back without a transaction.
    await indexedDB.databases()
    const before = begun.length
    tell('resume')

    expect((await loading).session?.version.number).toBe(1)
    expect([before, begun.length]).toEqual([0, 1])
  })

  it('gives up the transaction that runs, and does its work after the thaw, once', async () => {
    const name = newName()
    const [storage, other] = [open({ name }), open({ name })]
    await storage.load('s')
    const begun = transactionsBegun()
    const committing = storage.commit('s', change(0, { working: { a: 1 } }))
    await vi.waitUntil(() => begun.length === 1, { interval: 0 })

    tell('freeze')
    tell('resume')

    expect((await committing).outcome).toBe('committed')
    expect((await other.load('s')).session).toMatchObject({ version: { number: 1 }, working: new Map([['a', 1]]) })
    expect(begun.length).toBe(3)
  })
})

describe('several tabs', () => {
  // Research, reliability B1: two tabs, 500 increments each; with get and put in transactions of their own 125 were lost.
  it('lose no increment of one counter', async () => {
    const name = newName()
    const tabs = [await commands.openTab(), await commands.openTab()]

    await Promise.all(tabs.map((tab) => inTab(tab, 'increment', { name, times: 500 })))

    const { session } = await open({ name }).load('s')
    expect(session).toMatchObject({ version: { number: 1_000 }, working: new Map([['count', 1_000]]) })
    for (const tab of tabs) await commands.closeTab(tab)
  }, 60_000)

  // Research, reliability B1: after a renderer's crash a transaction of 500 puts was there whole or not at all.
  it('leave a commit whole or not at all when their process crashes amid it, and nothing acknowledged is lost', async () => {
    const name = newName()
    const storage = open({ name })
    for (let round = 1; round <= 3; round += 1) {
      const tab = await commands.openTab()
      const before = await storage.load('s').then(({ session }) => session?.version.number ?? 0)
      await inTab(tab, 'commitWithoutEnd', { name })
      await vi.waitUntil(() => Number(localStorage.getItem(`acknowledged ${name}`)) > before + round, { timeout: 20_000, interval: 1 })

      await commands.crashTab(tab)

      const { session } = await storage.load('s')
      const { records } = await storage.list('s', { prefix: '', limit: 1_000 })
      const number = session?.version.number ?? 0
      expect(number).toBeGreaterThanOrEqual(Number(localStorage.getItem(`acknowledged ${name}`)))
      expect([session?.working.size, records.size]).toEqual([250, 250])
      expect(new Set([...(session?.working.values() ?? []), ...records.values()])).toEqual(new Set([number]))
    }
  }, 60_000)

  it('tell each other of their commits, and bring the session along where its working set lies in one row', async () => {
    const name = newName()
    const told: unknown[] = []
    const storage = open({ name })
    storage.watch?.('s', (version, stored) => told.push([version?.number, stored]))
    const tab = await commands.openTab()

    await inTab(tab, 'increment', { name, times: 2 })
    await inTab(tab, 'use', { name })
    await inTab(tab, 'commit', { uid: 's', number: 2, archive: { many: 'x'.repeat(5_000) } })
    await inTab(tab, 'commit', { uid: 's', number: 3, working: { large: 'x'.repeat(5_000) } })

    await vi.waitUntil(() => told.length === 4)
    const stored = (number: number, count: number) => ({ version: { incarnation: 'one', number }, working: new Map([['count', count]]), wakeAt: null })
    expect(told).toEqual([[1, stored(1, 1)], [2, stored(2, 2)], [3, stored(3, 2)], [4, undefined]])
    await commands.closeTab(tab)
  })
})

describe('a full disk', () => {
  // Research, reliability B1: the transaction aborts, with a QuotaExceededError.
  it('refuses what there is no room for, with what to do, and loses nothing; reading and deleting go on', async () => {
    const tab = await commands.openTab({ alone: true })
    await inTab(tab, 'use', { name: 'full' })
    await inTab(tab, 'commit', { uid: 's', number: 0 })
    await commands.limitStorage(tab, 1)

    const failure = await inTab(tab, 'fill')
    const kept = await inTab(tab, 'numberOf', { uid: 's' })
    await inTab(tab, 'forget', { uid: 's' })
    const deleted = await inTab(tab, 'numberOf', { uid: 's' })

    expect(failure).toMatchObject({
      code: 'StorageRefused',
      message: expect.stringMatching(/change of 4000007 bytes.*delete sessions/),
      details: { needed: '""large'.length + 4_000_000, usage: expect.any(Number), quota: expect.any(Number) },
    })
    expect([kept, deleted]).toEqual([1, undefined])
    await commands.limitStorage(tab)
    expect(await inTab(tab, 'commit', { uid: 's', number: 0 })).toBe('committed')
    await commands.closeTab(tab)
  }, 60_000)
})

describe('the time', () => {
  it('goes on where it was when somebody sets the clock back, in tabs that open afterwards, too', async () => {
    const name = newName()
    let clock = START
    const now = () => clock
    const { now: before } = await open({ name, now }).owners()
    clock -= 3_600_000

    const later = open({ name, now })
    const { now: setBack } = await later.owners()
    clock += 500
    const { now: after } = await later.owners()

    expect([before, setBack, after]).toEqual([START, START, START + 500])
  })

  it('follows the clock of the tab that is ahead where tabs differ by a little, and does not drift', async () => {
    const name = newName()
    const [ahead, behind] = [open({ name, now: () => START + 2 }), open({ name, now: () => START })]

    const times = []
    for (const storage of [ahead, behind, ahead, behind, ahead]) times.push((await storage.owners()).now)

    expect(times).toEqual(Array(5).fill(START + 2))
  })

  it('stands still for a moment where nothing changes, so that nothing is written; it never passes what a tab that opens later tells', async () => {
    const name = newName()
    let clock = START
    const storage = open({ name, now: () => clock })
    await storage.commit('s', change(0))
    const put = vi.spyOn(IDBObjectStore.prototype, 'put')

    clock += 50
    const answers = [await storage.load('s'), await storage.commit('s', change(7)), await storage.read('s', ['a'])]
    const written = put.mock.calls.length
    clock += 1
    const { now: moved } = await storage.load('s')
    clock -= 3_600_000
    const { now: setBack } = await open({ name, now: () => clock }).load('s')

    expect(answers.map(({ now }) => now)).toEqual([START, START, START])
    expect([written, moved, setBack]).toEqual([0, START + 51, START + 51])
  })

  it('ends a session at its very time, though nothing was written since', async () => {
    let clock = START
    const storage = open({ now: () => clock })
    await storage.commit('s', change(0, { ttl: 10 }))

    clock += 9
    const before = await storage.load('s')
    clock += 1
    const after = await storage.load('s')

    expect([before.session?.version.number, after]).toEqual([1, { session: null, now: START + 10 }])
  })

  it('lets commit ids and receipts go after twice their retention', async () => {
    const name = newName()
    let clock = START
    const storage = open({ name, now: () => clock })
    const receiptsKept = async () => {
      const database = await openDB(`triggerkit:${name}`)
      const rows = (await database.getAll('retained')) as RetainedRow[]
      database.close()
      return rows.flatMap(({ marks }) => marks.filter((mark) => /r\d*$/.test(mark))).length
    }
    const commitSome = async (period: string) => {
      for (let index = 0; index < 50; index += 1) {
        await storage.commit(period, change(index, { receipts: new Map([[`r${index}`, 1]]) }))
        await storage.commit(`${period} ${index}`, change(0, { receipts: new Map([['r', 1]]) }))
      }
    }
    const endAll = async () => {
      for (const uid of (await storage.sessions({ limit: 200 })).uids) await storage.delete(uid)
    }
    await commitSome('first')
    await endAll()
    clock += RETENTION_MS
    await commitSome('second')
    await endAll()
    expect(await receiptsKept()).toBe(200)

    clock += RETENTION_MS
    await storage.owners()
    const afterTwice = await receiptsKept()
    clock += RETENTION_MS
    await storage.owners()

    expect([afterTwice, await receiptsKept()]).toEqual([100, 0])
  })

  it('forgets many ended sessions bit by bit, and shows none of them meanwhile', async () => {
    let clock = START
    const storage = open({ now: () => clock })
    await storage.commitMany(Array.from({ length: 450 }, (_, index) => ({ uid: `s${index}`, change: change(0, { ttl: 1, wakeAt: START }) })))
    clock += CLAIM_MS + 1

    const { sessions } = await storage.due(1_000)
    const { uids } = await storage.sessions({ limit: 1_000 })

    expect([sessions, uids]).toEqual([[], []])
  })

  it('brings a session that is due though many that have ended stand before it', async () => {
    let clock = START
    const storage = open({ now: () => clock })
    await storage.commitMany(Array.from({ length: 450 }, (_, index) => ({ uid: `s${index}`, change: change(0, { ttl: 1, wakeAt: START }) })))
    clock += CLAIM_MS + 1
    await storage.commitMany(['first', 'second'].map((uid, index) => ({ uid, change: change(0, { wakeAt: START + index + 1 }) })))

    const claims = [await storage.due(1), await storage.due(100), await storage.due(100)]

    expect(claims.map(({ sessions }) => sessions.map(({ uid }) => uid))).toEqual([['first'], ['second'], []])
  })
})

describe('where something is missing', () => {
  it('says that there is no IndexedDB, once it is used', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const storage = indexedDbStorage({ name: 'nowhere' })

    const failure = await storage.load('s').catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'StorageUnavailable', message: expect.stringContaining('no IndexedDB here') })
  })

  it('offers no watch without BroadcastChannel, says so, and works', async () => {
    vi.stubGlobal('BroadcastChannel', undefined)
    const storage = open()

    const { outcome } = await storage.commit('s', change(0))

    expect([outcome, storage.watch, storage.capabilities.watch]).toEqual(['committed', undefined, false])
  })
})

describe('persistence', () => {
  // Research, reliability B1: a headless Chromium grants none.
  it('is asked for once when wished, and the answer told', async () => {
    const persist = vi.spyOn(navigator.storage, 'persist')
    const storage = open({ persist: true })

    await storage.load('s')
    const answers = [await storage.persisted(), await storage.persisted()]

    expect(answers).toEqual([false, false])
    expect(persist).toHaveBeenCalledOnce()
  })

  it('is told as it is now, also where it was granted late', async () => {
    const persisted = vi.spyOn(navigator.storage, 'persisted')
    const storage = open({ persist: true })
    const before = await storage.persisted()

    persisted.mockResolvedValue(true)

    expect([before, await storage.persisted()]).toEqual([false, true])
  })

  it('is not asked for otherwise', async () => {
    const persist = vi.spyOn(navigator.storage, 'persist')
    const storage = open()

    await storage.load('s')

    expect(await storage.persisted()).toBe(false)
    expect(persist).not.toHaveBeenCalled()
  })
})

describe('options', () => {
  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'a', durability: 'eventual' }, 'durability'],
    [{ name: 'a', ttl: 'soon' }, 'ttl'],
    [{ name: 'a', ttl: 0 }, 'ttl'],
    [{ name: 'a', openTimeout: -1 }, 'openTimeout'],
    [{ name: 'a', openTimeout: '0s' }, 'openTimeout'],
  ])('%j are refused by the name of %s', (options, name) => {
    expect(() => indexedDbStorage(options as never)).toThrow(expect.objectContaining({ code: 'InvalidArgument', details: { name } }))
  })

  it('let opening wait for longer than a timer can', async () => {
    const storage = open({ openTimeout: '30d' })

    expect((await storage.load('s')).session).toBeNull()
  })

  it('give a time to live to sessions whose change has none', async () => {
    let clock = START
    const storage = open({ ttl: '1s', now: () => clock })
    await storage.commit('s', change(0))
    clock += 1_000

    expect((await storage.load('s')).session).toBeNull()
  })

  it('are described by what the package says of itself', () => {
    expect(indexedDbStorageDescriptor).toMatchObject({ package: manifest.name, version: manifest.version, apiVersion: API_VERSION, key: 'indexeddb' })
  })
})
