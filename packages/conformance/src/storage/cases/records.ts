import type { JsonObject, JsonValue, Storage } from '@triggerkit/contracts'
import { assertSame, assertThat } from '../assertions.js'
import { at, change, commit, stateOf, stored } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

const VALUES: Readonly<Record<string, JsonValue>> = {
  unicode: 'naïve 日本語 العربية 👩‍👩‍👧 e\u0301 \u0000\u0001\u2028\u2029\ufeff',
  'half-a-character': '\ud83d',
  'empty-values': ['', {}, [], null, false, 0, { '': '' }],
  'text-that-looks-like-something': ['null', '1', '{"a":1}', 'undefined', '\\u0041', '"', "'", '\r\n\t', '%00', '$1', '${x}', '-- ;'],
  numbers: [1e21, 1e-7, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0.1 + 0.2, 1_700_000_000_123.25],
  'deep-nesting': nested(200),
  'a-megabyte': 'x'.repeat(1_000_000),
  'members-of-every-object': JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"prototype":{"a":[]},"toString":null}') as JsonValue,
}

const NAMES: readonly string[] = [
  'applicant', 'applicant:42', 'applicant:42:', 'applicant:42:1', ':', '{', '}', '{applicant}', '{applicant}:42', '{}', '%', '%3A', '%253A', ' ', ' a', 'a ',
  '*', '?', '[a]', 'a/b', 'a//b', '/', '../a', '\\', 'a\nb', 'a\u0000b', '"', "'", '日本語', '😀', '\uff5e', 'e\u0301', '\u00e9', '__proto__', 'constructor',
  'toString', '0', '1', '-1', '1e3', 'null', 'A', 'a', 'x'.repeat(200),
]

/** What one commits is what one reads. */
export const recordCases: readonly StorageCase[] = [
  ...Object.entries(VALUES).map(([name, value]) => fidelity(name, value)),

  storageCase('records/bring-minus-zero-as-zero', 'Records are JSON, which knows no minus zero.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: -0 }, archive: { b: [-0] } })

    const state = await stateOf(storage, 's')

    assertSame(state, { session: stored(at(1), { a: 0 }), archive: { b: [0] } }, 'the session')
  }),

  storageCase('records/leave-out-undefined-members', 'Members of value undefined are left out, as JSON does.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: { b: undefined, c: 1 } as unknown as JsonValue } })

    const record = (await storage.load('s')).session?.working.get('a') as JsonObject

    assertSame(Object.keys(record), ['c'], 'the members')
  }),

  storageCase('records/take-any-key', 'Any string is a key, in working set, archive and receipts; none is mistaken for another.', async (place) => {
    const storage = await place.open()
    const facts = NAMES.map((name, index) => [name, index] as const)
    await commit(storage, 's', { working: facts, archive: facts, receipts: NAMES.map((name) => [`receipt ${name}`, name] as const) })

    const { records } = await storage.read('s', NAMES)
    const present = await storage.commit('s', change({ expect: at(1), expectAbsent: NAMES.map((name) => `receipt ${name}`) }))

    assertSame(await stateOf(storage, 's'), { session: stored(at(1), facts), archive: new Map(facts) }, 'the session')
    assertSame(records, new Map(facts), 'the records read')
    assertSame('records' in present && present.records, new Map(NAMES.map((name) => [`receipt ${name}`, name])), 'the receipts')
  }),

  storageCase('records/take-any-uid', 'Any string is a uid; none is mistaken for another, whatever it begins with.', async (place) => {
    const storage = await place.open()
    for (const uid of NAMES) await commit(storage, uid, { working: { uid }, archive: { [`of ${uid}`]: uid }, receipts: { [`r ${uid}`]: uid } })
    await storage.delete('applicant')
    await storage.delete('a')

    const found = await whatIsFound(storage)

    const left = NAMES.filter((uid) => uid !== 'applicant' && uid !== 'a')
    assertSame(found, new Map(NAMES.map((uid) => [uid, left.includes(uid) ? [uid, [uid]] : [null, []]])), 'the sessions')
    assertSame([...(await storage.sessions({ limit: 1_000 })).uids].sort(), [...left].sort(), 'the uids')
  }),

  storageCase('records/are-copied-when-committed', 'What happens to a change once its commit is answered changes nothing stored.', async (place) => {
    const storage = await place.open()
    const value = { list: [1] }
    const presented = change({ working: { a: value }, archive: { b: value }, receipts: { c: value } })
    await storage.commit('s', presented)

    value.list.push(2)
    ;(presented.working.put as Map<string, JsonValue>).set('more', 1)
    ;(presented.archive.put as Map<string, JsonValue>).clear()

    assertSame(await stateOf(storage, 's'), { session: stored(at(1), { a: { list: [1] } }), archive: { b: { list: [1] } } }, 'the session')
    const present = await storage.commit('s', change({ expect: at(1), expectAbsent: ['c'] }))
    assertSame('records' in present && present.records, { c: { list: [1] } }, 'the receipt')
  }),

  storageCase('records/are-copied-when-read', 'What happens to an answer changes nothing stored, and no other answer.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: { list: [1] } }, archive: { b: { list: [1] } }, receipts: { c: { list: [1] } } })
    const before = await stateOf(storage, 's')
    const expectAbsent = ['b', 'c']

    for (const records of await everyAnswer(storage, expectAbsent)) spoil(records)

    assertSame(await stateOf(storage, 's'), before, 'the session')
    const present = await storage.commit('s', change({ expect: at(1), expectAbsent }))
    assertSame('records' in present && present.records, { b: { list: [1] }, c: { list: [1] } }, 'the records present')
  }),
]

function fidelity(name: string, value: JsonValue): StorageCase {
  return storageCase(`records/keep-${name}`, `Records come back as they were committed: ${name.replaceAll('-', ' ')}.`, async (place) => {
    const [storage, other] = await place.openTwo()
    await commit(storage, 's', { working: { a: value }, archive: { b: value }, receipts: { c: value } })

    const state = await stateOf(other, 's')
    const present = await other.commit('s', change({ expect: at(1), expectAbsent: ['b', 'c'] }))

    assertSame(state, { session: stored(at(1), { a: value }), archive: { b: value } }, 'the session')
    assertSame('records' in present && present.records, { b: value, c: value }, 'the records present')
    assertThat(!('polluted' in {}), 'a record changed the prototype of every object')
  })
}

function nested(depth: number): JsonValue {
  let value: JsonValue = 'inmost'
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { deeper: value }
  return value
}

async function whatIsFound(storage: Storage): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>()
  for (const uid of NAMES) {
    const { session, archive } = await stateOf(storage, uid)
    found.set(uid, [session?.working.get('uid') ?? null, [...(archive as Map<string, JsonValue>).values()]])
  }
  return found
}

/** The records of a load, a conflict, a read, a list and a refusal. */
async function everyAnswer(storage: Storage, expectAbsent: readonly string[]): Promise<readonly ReadonlyMap<string, JsonValue>[]> {
  const conflict = await storage.commit('s', change({ expect: at(7) }))
  const present = await storage.commit('s', change({ expect: at(1), expectAbsent }))
  return [
    (await storage.load('s')).session?.working ?? new Map(),
    ('session' in conflict ? conflict.session?.working : undefined) ?? new Map(),
    'records' in present ? present.records : new Map(),
    (await storage.read('s', ['b'])).records,
    (await storage.list('s', { prefix: '', limit: 9 })).records,
  ]
}

function spoil(records: ReadonlyMap<string, JsonValue>): void {
  for (const record of records.values()) (record as { list: number[] }).list.push(2)
  ;(records as Map<string, JsonValue>).clear()
}
