import { API_VERSION, type Change, type JsonValue, type Version } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import manifest from '../package.json' with { type: 'json' }
import { MemoryStorage, memoryStorage, memoryStorageDescriptor, MemoryStore } from './index.js'

const START = 1_700_000_000_000
const NEW: Version = { incarnation: 'i1', number: 0 }

type Facts = Record<string, JsonValue>
type Given = Partial<Omit<Change, 'working' | 'archive' | 'receipts'>> & {
  working?: Facts
  archive?: Facts
  receipts?: Facts
  removeWorking?: readonly string[]
  removeArchive?: readonly string[]
}

let commits = 0

function change(given: Given = {}): Change {
  const { working = {}, archive = {}, receipts = {}, removeWorking = [], removeArchive = [], ...rest } = given
  return {
    commitId: `c${(commits += 1)}`,
    expect: NEW,
    expectAbsent: [],
    read: [],
    wakeAt: null,
    ...rest,
    working: { put: new Map(Object.entries(working)), remove: removeWorking },
    archive: { put: new Map(Object.entries(archive)), remove: removeArchive },
    receipts: new Map(Object.entries(receipts)),
  }
}

function at(number: number): Version {
  return { incarnation: 'i1', number }
}

function open(options: ConstructorParameters<typeof MemoryStorage>[0] = {}): MemoryStorage {
  return memoryStorage({ now: () => START, ...options })
}

async function stateOf(storage: MemoryStorage, uid = 's'): Promise<unknown> {
  const { session } = await storage.load(uid)
  const { records } = await storage.list(uid, { prefix: '', limit: 100 })
  return { session, archive: [...records] }
}

describe('commit', () => {
  it('creates a session at number 1 with the incarnation presented, and the storage\'s time', async () => {
    const storage = open()

    const answer = await storage.commit('s', change({ working: { a: 1 }, archive: { b: 2 }, wakeAt: START + 5 }))

    expect(answer).toEqual({ outcome: 'committed', now: START, records: new Map() })
    expect(await storage.load('s')).toEqual({
      now: START,
      session: { version: at(1), working: new Map([['a', 1]]), wakeAt: START + 5 },
    })
    expect(await storage.read('s', ['b', 'none'])).toEqual({ now: START, version: at(1), records: new Map([['b', 2]]) })
  })

  it('moves records between working set and archive, and puts what it both removes and puts', async () => {
    const storage = open()
    await storage.commit('s', change({ working: { a: 1, b: 1 }, archive: { x: 1 } }))

    const moved = { removeWorking: ['a', 'b'], working: { b: 2, x: 1 }, removeArchive: ['x'], archive: { a: 1 } }
    await storage.commit('s', change({ expect: at(1), ...moved }))

    expect(await stateOf(storage)).toEqual({
      session: { version: at(2), working: new Map([['b', 2], ['x', 1]]), wakeAt: null },
      archive: [['a', 1]],
    })
  })

  it('answers with the archived records to be read, its own among them', async () => {
    const storage = open()
    await storage.commit('s', change({ archive: { old: 'o' } }))

    const answer = await storage.commit('s', change({ expect: at(1), archive: { fresh: 'f' }, read: ['fresh', 'old', 'none'] }))

    expect(answer).toMatchObject({ outcome: 'committed', records: new Map([['fresh', 'f'], ['old', 'o']]) })
  })

  it('applies a change that is presented again once, and answers with the records as they are now', async () => {
    const storage = open()
    const first = change({ archive: { n: 1 }, read: ['n'] })
    await storage.commit('s', first)
    await storage.commit('s', change({ expect: at(1), archive: { n: 2 } }))

    const again = await storage.commit('s', first)

    expect(again).toEqual({ outcome: 'alreadyApplied', now: START, records: new Map([['n', 2]]) })
    expect((await storage.load('s')).session?.version).toEqual(at(2))
  })

  it('takes a commit id of another session for another one, however uid and id join', async () => {
    const storage = open()
    await storage.commit('s1', change({ commitId: '1x' }))

    const others = [['s', '11x'], ['s11', 'x'], ['s2', '1x']] as const
    const answers = await Promise.all(others.map(([uid, commitId]) => storage.commit(uid, change({ commitId }))))

    expect(answers.map(answer => answer.outcome)).toEqual(['committed', 'committed', 'committed'])
  })

  it.each([
    ['an older number', at(1)],
    ['a newer number', at(3)],
    ['another incarnation', { incarnation: 'i2', number: 2 }],
    ['a session yet to be created', { incarnation: 'i2', number: 0 }],
  ])('answers conflict with the session as it is, if %s is expected', async (_, expected) => {
    const storage = open()
    await storage.commit('s', change())
    await storage.commit('s', change({ expect: at(1), working: { a: 1 } }))
    const before = await stateOf(storage)

    const answer = await storage.commit('s', change({ expect: expected, working: { a: 2 }, wakeAt: 1 }))

    const session = { version: at(2), working: new Map([['a', 1]]), wakeAt: null }
    expect(answer).toEqual({ outcome: 'conflict', now: START, session })
    expect(await stateOf(storage)).toEqual(before)
  })

  it('answers conflict with null if the expected session is gone', async () => {
    expect(await open().commit('s', change({ expect: at(1) }))).toEqual({ outcome: 'conflict', now: START, session: null })
  })

  it('brings the archived records and receipts that were expected absent, and writes nothing', async () => {
    const storage = open()
    await storage.commit('s', change({ archive: { firing: 'f' }, receipts: { command: 'c' } }))
    const before = await stateOf(storage)

    const expectAbsent = ['none', 'firing', 'command']
    const answer = await storage.commit('s', change({ expect: at(1), expectAbsent, archive: { more: 1 } }))

    const records = new Map([['firing', 'f'], ['command', 'c']])
    expect(answer).toEqual({ outcome: 'present', now: START, records })
    expect(await stateOf(storage)).toEqual(before)
  })

  it('checks the commit id before the version, and the version before what is expected absent', async () => {
    const storage = open()
    const known = change({ archive: { firing: 'f' } })
    await storage.commit('s', known)

    const outcomes = [
      await storage.commit('s', { ...known, expect: at(9), expectAbsent: ['firing'] }),
      await storage.commit('s', change({ expect: at(9), expectAbsent: ['firing'] })),
      await storage.commit('s', change({ expect: at(1), expectAbsent: ['firing'] })),
    ].map(answer => answer.outcome)

    expect(outcomes).toEqual(['alreadyApplied', 'conflict', 'present'])
  })

  it('shows receipts to nobody who reads or lists', async () => {
    const storage = open()
    await storage.commit('s', change({ receipts: { command: 'c' } }))

    expect((await storage.read('s', ['command'])).records.size).toBe(0)
    expect((await storage.list('s', { prefix: '', limit: 9 })).records.size).toBe(0)
  })

  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  it.each([['undefined', undefined], ['a bigint', 1n], ['a cycle', cycle], ['a function', () => 1]])(
    'refuses %s naming its record, and writes nothing of the change',
    async (_, value) => {
      const storage = open()
      await storage.commit('s', change({ working: { a: 1 } }))
      const before = await stateOf(storage)
      const bad = change({ expect: at(1), working: { a: 2 }, archive: { good: 1, bad: value as never } })

      await expect(storage.commit('s', bad)).rejects.toMatchObject({ code: 'StorageRefused', message: expect.stringContaining('"bad"') })

      expect(await stateOf(storage)).toEqual(before)
      expect(await storage.commit('s', { ...bad, archive: change().archive })).toMatchObject({ outcome: 'committed' })
    },
  )
})

describe('records', () => {
  it('come back as JSON has them, not as they were given', async () => {
    const storage = open()
    const given = { date: new Date(0), none: undefined, nan: Number.NaN } as never

    await storage.commit('s', change({ working: { a: given } }))

    const { session } = await storage.load('s')
    expect(session?.working.get('a')).toStrictEqual({ date: '1970-01-01T00:00:00.000Z', nan: null })
  })

  it('stay as they are, whatever happens to what was given and to what was answered', async () => {
    const storage = open()
    const payload = { list: [1] }
    await storage.commit('s', change({ working: { a: payload }, archive: { b: payload } }))
    const before = await stateOf(storage)

    payload.list.push(2)
    const { session } = await storage.load('s')
    const { records } = await storage.read('s', ['b'])
    for (const answered of [session?.working.get('a'), records.get('b')]) (answered as typeof payload).list.push(3)
    ;(session?.working as Map<string, JsonValue>).clear()

    expect(await stateOf(storage)).toEqual(before)
  })

  it('may be called __proto__, and have such members', async () => {
    const storage = open()
    const value = JSON.parse('{"__proto__":{"polluted":true}}') as JsonValue
    const archive = { put: new Map([['__proto__', value]]), remove: [] }

    await storage.commit('__proto__', { ...change(), archive })

    const { records } = await storage.read('__proto__', ['__proto__'])
    expect(JSON.stringify(records.get('__proto__'))).toBe('{"__proto__":{"polluted":true}}')
    expect(({} as Facts)['polluted']).toBeUndefined()
  })
})

describe('list', () => {
  it('pages through a prefix in code unit order, saying whether there is more', async () => {
    const storage = open()
    await storage.commit('s', change({ archive: { 'p/b': 1, 'q/a': 1, 'p/Z': 1, 'o/z': 1, 'p/a': 1, 'p/é': 1 } }))

    const pages = [await storage.list('s', { prefix: 'p/', limit: 2 }), await storage.list('s', { prefix: 'p/', after: 'p/a', limit: 2 })]

    expect(pages.map(({ records, more }) => ({ keys: [...records.keys()], more }))).toEqual([
      { keys: ['p/Z', 'p/a'], more: true },
      { keys: ['p/b', 'p/é'], more: false },
    ])
  })

  it('goes on behind a key that was removed since, and sees keys that were added since', async () => {
    const storage = open()
    await storage.commit('s', change({ archive: { a: 1, b: 1, d: 1 } }))
    await storage.list('s', { prefix: '', limit: 2 })
    await storage.commit('s', change({ expect: at(1), removeArchive: ['b'], archive: { c: 1 } }))

    const page = await storage.list('s', { prefix: '', after: 'b', limit: 5 })

    expect([...page.records.keys()]).toEqual(['c', 'd'])
  })

  it('answers for a session that is not there with no version and no records', async () => {
    const nothing = { now: START, version: null, records: new Map() }

    expect(await open().list('s', { prefix: '', limit: 5 })).toEqual({ ...nothing, more: false })
    expect(await open().read('s', ['a'])).toEqual(nothing)
  })
})

describe('sessions', () => {
  it('come in pages of a stable order, whatever is created and deleted between pages', async () => {
    const storage = open()
    for (const uid of ['d', 'a', 'c', 'b']) await storage.commit(uid, change())

    const first = await storage.sessions({ limit: 2 })
    await storage.delete('b')
    await storage.commit('e', change())
    const second = await storage.sessions({ after: first.next ?? '', limit: 2 })
    const third = await storage.sessions({ after: second.next ?? '', limit: 2 })

    expect([first, second, third]).toEqual([
      { now: START, uids: ['a', 'b'], next: 'b' },
      { now: START, uids: ['c', 'd'], next: 'd' },
      { now: START, uids: ['e'], next: null },
    ])
  })
})

describe('a store', () => {
  it('shows the same sessions and owners to all its storages, those of a namespace', async () => {
    const store = new MemoryStore()
    const [one, other, apart] = [open({ store }), open({ store }), open({ store, namespace: 'n' })]
    await one.commit('s', change())
    await one.heartbeat('owner', 1_000, true)

    expect((await other.load('s')).session?.version).toEqual(at(1))
    expect([...(await other.owners()).owners.keys()]).toEqual(['owner'])
    expect((await apart.load('s')).session).toBeNull()
    expect([...(await apart.owners()).owners.keys()]).toEqual([])
    expect(await other.commit('s', change())).toMatchObject({ outcome: 'conflict' })
    expect(await apart.commit('s', change())).toMatchObject({ outcome: 'committed' })
  })

  it('lives on when a storage over it is closed, which then refuses every call', async () => {
    const store = new MemoryStore()
    const closed = open({ store })
    await closed.commit('s', change())

    await closed.close()
    await closed.close()

    const calls = [
      closed.load('s'), closed.commit('s', change()), closed.read('s', []), closed.list('s', { prefix: '', limit: 1 }), closed.due(1),
      closed.postpone('s', at(1), null), closed.heartbeat('o', 1, true), closed.owners(), closed.sessions({ limit: 1 }), closed.delete('s'),
    ]
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'Closed' })
    expect(() => closed.watch('s', () => undefined)).toThrow(expect.objectContaining({ code: 'Closed' }))
    expect((await open({ store }).load('s')).session?.version).toEqual(at(1))
  })

  it('keeps one payload that a thousand instances share in less than 1.1 MB', async () => {
    const store = new MemoryStore()
    const storage = open({ store })
    await storage.commit('s', change({ archive: { payload: 'x'.repeat(100_000) } }))

    for (let number = 1; number <= 1_000; number += 1) {
      const instance = { status: 'finished', firings: { t: 'payload' }, created: START, task: 't_task' }
      await storage.commit('s', change({ expect: at(number), archive: { [`instance/t_task#${number}`]: instance } }))
    }

    expect(store.bytes).toBeGreaterThan(100_000)
    expect(store.bytes).toBeLessThan(1_100_000)
  })
})

describe('options', () => {
  it.each([{ ttl: 'soon' as never }, { ttl: 0 }, { maxSessions: 0 }, { maxBytes: Number.NaN }])('refuse %j', options => {
    expect(() => memoryStorage(options)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  })

  it('default to time that never goes back, in whole milliseconds since 1970', async () => {
    const storage = memoryStorage()

    const [first, second] = [await storage.owners(), await storage.owners()]

    expect(Number.isInteger(first.now)).toBe(true)
    expect(first.now).toBeGreaterThan(START)
    expect(second.now).toBeGreaterThanOrEqual(first.now)
  })
})

it('is described by its descriptor', () => {
  const { create, capabilities, ...words } = memoryStorageDescriptor

  const { name, version } = manifest
  expect(words).toEqual({ kind: 'storage', key: 'memory', package: name, version, apiVersion: API_VERSION })
  expect(create()).toBeInstanceOf(MemoryStorage)
  expect(create()).toMatchObject({ key: 'memory', capabilities })
})
