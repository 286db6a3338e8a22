import { CLAIM_MS, RETENTION_MS, type Change, type JsonValue, type Version } from '@triggerkit/contracts'
import { describe, expect, it, vi } from 'vitest'

import { memoryStorage, MemoryStore, type MemoryStorage, type MemoryStorageOptions } from './index.js'

const START = 1_700_000_000_000
const NEW: Version = { incarnation: 'i1', number: 0 }
const FIRST: Version = { incarnation: 'i1', number: 1 }

let commits = 0

function change(given: Partial<Change> = {}): Change {
  const nothing = { put: new Map<string, JsonValue>(), remove: [] }
  commits += 1
  const basis = { commitId: `c${commits}`, expect: NEW, expectAbsent: [], receipts: new Map<string, JsonValue>(), read: [], wakeAt: null }
  return { ...basis, working: nothing, archive: nothing, ...given }
}

function text(length: number): Pick<Change, 'archive'> {
  return { archive: { put: new Map([['payload', 'x'.repeat(length)]]), remove: [] } }
}

interface Fixture {
  readonly storage: MemoryStorage
  readonly time: { now: number }
}

function open(options: MemoryStorageOptions = {}): Fixture {
  const time = { now: START }
  return { time, storage: memoryStorage({ now: () => time.now, ...options }) }
}

async function exists(storage: MemoryStorage, uid = 's'): Promise<boolean> {
  return (await storage.load(uid)).session !== null
}

describe('retention', () => {
  it('keeps commit ids and receipts for their time, beyond the deletion of their session', async () => {
    const { storage, time } = open()
    const created = change({ receipts: new Map([['command', 'done']]) })
    await storage.commit('s', created)
    await storage.delete('s')

    time.now += RETENTION_MS
    const answers = [await storage.commit('s', created), await storage.commit('s', change({ expectAbsent: ['command'] }))]

    expect(answers).toMatchObject([{ outcome: 'alreadyApplied' }, { outcome: 'present', records: new Map([['command', 'done']]) }])
    expect(await exists(storage)).toBe(false)
  })

  it('forgets them and their bytes after twice that time at the latest', async () => {
    const store = new MemoryStore()
    const { storage, time } = open({ store })
    await storage.commit('s', change({ commitId: 'known', receipts: new Map([['command', 'done']]) }))
    await storage.delete('s')
    expect(store.bytes).toBeGreaterThan(0)

    time.now += 2 * RETENTION_MS
    const answer = await storage.commit('s', change({ commitId: 'known', expectAbsent: ['command'] }))

    expect(answer).toMatchObject({ outcome: 'committed' })
    expect(store.bytes).toBe(0)
  })
})

describe('time to live', () => {
  it('counts from the last commit and takes the session whole', async () => {
    const { storage, time } = open({ ttl: '10s' })
    await storage.commit('s', change({ ...text(1) }))
    time.now += 9_999
    await storage.commit('s', change({ expect: FIRST }))

    time.now += 9_999
    expect(await exists(storage)).toBe(true)
    time.now += 1

    expect(await exists(storage)).toBe(false)
    expect((await storage.read('s', ['payload'])).records.size).toBe(0)
    expect((await storage.sessions({ limit: 5 })).uids).toEqual([])
    expect(await storage.commit('s', change({ expect: { incarnation: 'i1', number: 2 } }))).toMatchObject({ outcome: 'conflict', session: null })
  })

  it('is the change\'s own if it has one, else the storage\'s', async () => {
    const { storage, time } = open({ ttl: 1_000 })
    await storage.commit('short', change({ ttl: 10 }))
    await storage.commit('long', change({ ttl: 5_000 }))
    await storage.commit('usual', change())

    time.now += 1_000

    expect((await storage.sessions({ limit: 5 })).uids).toEqual(['long'])
  })

  it('may be made shorter by a later commit', async () => {
    const { storage, time } = open()
    await storage.commit('s', change({ ttl: 5_000 }))
    await storage.commit('s', change({ expect: FIRST, ttl: 1_000 }))

    time.now += 1_000

    expect((await storage.sessions({ limit: 5 })).uids).toEqual([])
  })

  it('never ends before the wake-up, and leaves time to look at a session that has woken up', async () => {
    const { storage, time } = open({ ttl: 1_000 })
    await storage.commit('s', change({ wakeAt: START + 60_000 }))

    time.now = START + 60_000
    expect(await exists(storage)).toBe(true)
    expect((await storage.due(5)).sessions).toEqual([{ uid: 's', version: FIRST }])
    time.now += 2 * CLAIM_MS

    expect(await exists(storage)).toBe(false)
  })

  it('moves along with a wake-up that is postponed', async () => {
    const { storage, time } = open({ ttl: 10_000 })
    await storage.commit('s', change({ wakeAt: START + 1_000 }))
    await storage.postpone('s', FIRST, START + 60_000)

    time.now = START + 60_000
    expect(await exists(storage)).toBe(true)
    await storage.postpone('s', FIRST, null)

    expect(await exists(storage)).toBe(false)
  })
})

describe('due', () => {
  it('claims those whose time has come, in order of their wake-ups, as many as asked for', async () => {
    const { storage, time } = open()
    const wakeAts = { late: 30, never: null, early: 10, middle: 20, future: 51 }
    for (const [uid, wakeAt] of Object.entries(wakeAts)) await storage.commit(uid, change({ wakeAt: wakeAt === null ? null : START + wakeAt }))

    time.now = START + 50
    const claims = [await storage.due(2), await storage.due(2), await storage.due(2)]

    expect(claims.map(({ sessions }) => sessions.map(({ uid }) => uid))).toEqual([['early', 'middle'], ['late'], []])
  })

  it('puts off what it claims by the claim time, for every storage over the store', async () => {
    const store = new MemoryStore()
    const { storage, time } = open({ store })
    const other = memoryStorage({ store, now: () => time.now })
    await storage.commit('s', change({ wakeAt: START }))

    const claimed = await storage.due(5)
    time.now += CLAIM_MS - 1
    const tooEarly = await other.due(5)
    time.now += 1
    const again = await other.due(5)

    expect([claimed, tooEarly, again].map(({ sessions }) => sessions.length)).toEqual([1, 0, 1])
    expect(again.sessions).toEqual([{ uid: 's', version: FIRST }])
    expect((await storage.load('s')).session?.wakeAt).toBe(time.now + CLAIM_MS)
  })

  it('follows each commit\'s wake-up and forgets deleted sessions', async () => {
    const { storage } = open()
    for (const uid of ['cleared', 'deleted', 'set']) await storage.commit(uid, change({ wakeAt: uid === 'set' ? null : START }))

    await storage.commit('cleared', change({ expect: FIRST }))
    await storage.delete('deleted')
    await storage.commit('set', change({ expect: FIRST, wakeAt: START }))

    expect((await storage.due(5)).sessions.map(({ uid }) => uid)).toEqual(['set'])
  })
})

describe('postpone', () => {
  it.each([
    ['an older version', { incarnation: 'i1', number: 0 }],
    ['another incarnation', { incarnation: 'i2', number: 1 }],
  ])('does nothing at %s', async (_, version) => {
    const { storage } = open()
    await storage.commit('s', change({ wakeAt: START + 5 }))

    await storage.postpone('s', version, START + 9)

    expect((await storage.load('s')).session?.wakeAt).toBe(START + 5)
  })

  it('moves the wake-up and leaves the version', async () => {
    const { storage } = open()
    await storage.commit('s', change({ wakeAt: START + 5 }))

    expect(await storage.postpone('s', FIRST, START)).toEqual({ now: START })

    expect((await storage.load('s')).session).toMatchObject({ version: FIRST, wakeAt: START })
    expect((await storage.due(5)).sessions).toHaveLength(1)
  })

  it('does nothing to a session that is not there', async () => {
    expect(await open().storage.postpone('s', FIRST, 1)).toEqual({ now: START })
  })
})

describe('leases', () => {
  it('run for their time, can be renewed until then, and have lapsed afterwards', async () => {
    const { storage, time } = open()
    const answers = [await storage.heartbeat('o', 1_000, true)]
    time.now += 999
    answers.push(await storage.heartbeat('o', 1_000, false))
    time.now += 1_000
    answers.push(await storage.heartbeat('o', 1_000, false))

    expect(answers.map(({ lapsed }) => lapsed)).toEqual([false, false, true])
    expect([...(await storage.owners()).owners.keys()]).toEqual([])
  })

  it('end with a time of zero, and begin anew only with a first heartbeat', async () => {
    const { storage } = open()
    await storage.heartbeat('o', 1_000, true)

    await storage.heartbeat('o', 0, false)

    expect([...(await storage.owners()).owners.keys()]).toEqual([])
    expect(await storage.heartbeat('o', 1_000, false)).toMatchObject({ lapsed: true })
    expect(await storage.heartbeat('o', 1_000, true)).toMatchObject({ lapsed: false })
    expect([...(await storage.owners()).owners.keys()]).toEqual(['o'])
  })
})

describe('watch', () => {
  it('tells of each version after its commit, and of the end by deletion or time to live, from any storage over the store', async () => {
    const store = new MemoryStore()
    const { storage, time } = open({ store, ttl: 1_000 })
    const told: unknown[] = []
    memoryStorage({ store }).watch('s', version => told.push(version))

    const committing = storage.commit('s', change())
    const toldDuringCommit = [...told]
    await committing
    await storage.delete('s')
    await storage.commit('s', change({ expect: { incarnation: 'i2', number: 0 } }))
    time.now += 1_000
    await storage.load('s')

    await vi.waitFor(() => expect(told).toHaveLength(4))
    expect(toldDuringCommit).toEqual([])
    expect(told).toEqual([FIRST, null, { incarnation: 'i2', number: 1 }, null])
  })

  it('tells nothing of refused changes, of other sessions, nor after its end', async () => {
    const store = new MemoryStore()
    const { storage } = open({ store })
    const closing = memoryStorage({ store })
    const told: unknown[] = []
    const listener = (version: Version | null): unknown => told.push(version)
    storage.watch('other', listener)
    storage.watch('s', listener)()
    closing.watch('s', listener)
    await closing.close()

    await storage.commit('s', change())
    await storage.commit('other', change({ expect: FIRST }))
    await storage.delete('other')
    await Promise.resolve()

    expect(told).toEqual([])
  })

  it('lets a listener that throws harm nobody', async () => {
    const { storage } = open()
    const told: unknown[] = []
    storage.watch('s', () => {
      throw new Error('listener')
    })
    storage.watch('s', version => told.push(version))

    const answer = await storage.commit('s', change())

    await vi.waitFor(() => expect(told).toEqual([FIRST]))
    expect(answer).toMatchObject({ outcome: 'committed' })
  })
})

describe('limits', () => {
  it('refuse a session too many, in whatever namespace, and say what to do', async () => {
    const store = new MemoryStore()
    const { storage } = open({ store, maxSessions: 2 })
    await memoryStorage({ store, namespace: 'n' }).commit('a', change())
    await storage.commit('b', change())

    const refused = storage.commit('c', change())

    await expect(refused).rejects.toMatchObject({ code: 'StorageRefused', message: expect.stringContaining('raise maxSessions') })
    expect(await exists(storage, 'c')).toBe(false)
    expect(await storage.commit('b', change({ expect: FIRST }))).toMatchObject({ outcome: 'committed' })
    await storage.delete('b')
    expect(await storage.commit('c', change())).toMatchObject({ outcome: 'committed' })
  })

  it('refuse bytes too many and apply nothing of the change, which may come again when there is room', async () => {
    const { storage } = open({ maxBytes: 1_000 })
    await storage.commit('s', change(text(600)))
    const more = change(text(600))

    await expect(storage.commit('t', more)).rejects.toMatchObject({ code: 'StorageRefused', message: expect.stringContaining('raise maxBytes') })

    expect(await exists(storage, 't')).toBe(false)
    await storage.delete('s')
    expect(await storage.commit('t', more)).toMatchObject({ outcome: 'committed' })
  })

  it('count receipts, too', async () => {
    const store = new MemoryStore()
    const { storage } = open({ store, maxBytes: 1_000 })
    const receipt = (length: number) => change({ receipts: new Map([['d/1', 'x'.repeat(length)]]) })

    await expect(storage.commit('s', receipt(1_000))).rejects.toMatchObject({ code: 'StorageRefused' })
    await storage.commit('s', receipt(900))

    expect(store.bytes).toBe('1:sd/1'.length + '""'.length + 900)
  })

  it('count each record once, however often it is written, and not when it is removed', async () => {
    const store = new MemoryStore()
    const { storage } = open({ store })
    await storage.commit('s', change(text(600)))
    const bytes = store.bytes

    await storage.commit('s', change({ expect: FIRST, ...text(600) }))
    expect(store.bytes).toBe(bytes)
    const removal = { put: new Map<string, JsonValue>(), remove: ['payload', 'payload', 'none'] }
    await storage.commit('s', change({ expect: { incarnation: 'i1', number: 2 }, archive: removal }))

    expect(bytes).toBe('payload'.length + '""'.length + 600)
    expect(store.bytes).toBe(0)
  })

  it('make room by forgetting sessions whose time is over', async () => {
    const { storage, time } = open({ maxSessions: 1, maxBytes: 700, ttl: 1_000 })
    await storage.commit('s', change(text(600)))

    time.now += 1_000

    expect(await storage.commit('t', change(text(600)))).toMatchObject({ outcome: 'committed' })
  })
})
