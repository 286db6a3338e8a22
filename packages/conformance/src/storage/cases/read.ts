import type { JsonValue, Storage } from '@triggerkit/contracts'
import { assertSame } from '../assertions.js'
import { at, commit } from '../changes.js'
import { storageCase } from '../storage-case.js'
import type { StorageCase } from '../storage-case.js'

/** In the order of code units, in which a character beyond U+FFFF comes before U+FF5E. */
const ORDERED: readonly string[] = [' ', '!', '#0', '#1', '#10', '#2', '-', '/', '0', '00', 'A', 'Z', '_', 'a', 'a/', 'aa', 'b', '~', 'é', '日', '\u{1f600}', '\u{1f601}', '\uff5e']

/** Reading the archive by key and by page. */
export const readCases: readonly StorageCase[] = [
  storageCase('read/brings-what-exists', 'A read returns the archived records that exist under its keys, each once, and the version.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { w: 0 }, archive: { a: 1, b: 2, c: 3 } })

    const { version, records } = await storage.read('s', ['c', 'none', 'a', 'c', 'w'])

    assertSame({ version, records, size: records.size }, { version: at(1), records: { a: 1, c: 3 }, size: 2 }, 'the answer')
  }),

  storageCase('read/of-no-keys-brings-the-version', 'A read of no keys returns no records, but the version.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: { a: 1 } })

    const { version, records } = await storage.read('s', [])

    assertSame({ version, records }, { version: at(1), records: {} }, 'the answer')
  }),

  storageCase('read/finds-no-session', 'If there is no session, read and list return no version and no records.', async (place) => {
    const storage = await place.open()

    const { now: _read, ...read } = await storage.read('s', ['a'])
    const { now: _listed, ...listed } = await storage.list('s', { prefix: '', limit: 5 })

    assertSame([read, listed], [{ version: null, records: {} }, { version: null, records: {}, more: false }], 'the answers')
  }),

  storageCase('read/brings-many', 'A read of a thousand keys returns a thousand records.', async (place) => {
    const storage = await place.open()
    const facts = Array.from({ length: 1_000 }, (_, index) => [`k${index}`, { index }] as const)
    await commit(storage, 's', { archive: facts })

    const { records } = await storage.read('s', facts.map(([key]) => key))

    assertSame(records, new Map<string, JsonValue>(facts), 'the records')
  }),

  storageCase('list/follows-code-units', 'A list is in the order of its keys by code unit, in whatever order they were written.', async (place) => {
    const storage = await place.open()
    const shuffled = [...ORDERED].sort((left, right) => (hash(left) < hash(right) ? -1 : 1))
    for (const [number, key] of shuffled.entries()) await commit(storage, 's', { expect: at(number), archive: [[key, number]] })

    const { records, more } = await storage.list('s', { prefix: '', limit: 100 })

    assertSame({ keys: [...records.keys()], more }, { keys: ORDERED, more: false }, 'the list')
  }),

  storageCase('list/pages-follow-each-other', 'Each page begins after the last key of the previous page, and says exactly whether there is more.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: ORDERED.map((key) => [key, 0] as const) })

    for (const limit of [1, 2, 7, ORDERED.length - 1, ORDERED.length, ORDERED.length + 1]) {
      assertSame(await pages(storage, '', limit), cut(ORDERED, limit), `the pages of ${limit}`)
    }
  }),

  storageCase('list/takes-a-prefix-whole', 'A list returns the keys that begin with its prefix and no others, even if prefixes begin alike.', async (place) => {
    const storage = await place.open()
    const keys = ['t', 't/', 't/a', 't/a/1', 't/a/2', 't/aa', 't/b', 't0', 'ta', 't\uffff', 's/a', 'T/a', 't/\uffff', 't/\u{1f600}', '%', '_', 't_a', 't%a']
    await commit(storage, 's', { archive: keys.map((key) => [key, 0] as const) })

    for (const prefix of ['', 't', 't/', 't/a', 't/a/', 't_', 't%', 't\uffff', 't/\u{1f600}', 'u', 't/a/1', 't/a/10']) {
      const expected = keys.filter((key) => key.startsWith(prefix)).sort()
      assertSame(await pages(storage, prefix, 2), cut(expected, 2), `the pages of ${JSON.stringify(prefix)}`)
    }
  }),

  storageCase('list/goes-on-where-keys-come-and-go', 'A page continues after a key that was removed meanwhile, and includes what was added after it.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { archive: { a: 1, b: 1, d: 1 } })
    await storage.list('s', { prefix: '', limit: 2 })
    await commit(storage, 's', { expect: at(1), removeArchive: ['b'], archive: { aa: 2, ab: 2, c: 2 } })

    const { records, version } = await storage.list('s', { prefix: '', after: 'b', limit: 5 })

    assertSame({ keys: [...records.keys()], version }, { keys: ['c', 'd'], version: at(2) }, 'the page')
  }),

  storageCase('list/brings-no-working-set', 'A list returns only archived records, with their values.', async (place) => {
    const storage = await place.open()
    await commit(storage, 's', { working: { a: 1 }, archive: { b: { c: 2 } }, receipts: { d: 3 } })

    const { records } = await storage.list('s', { prefix: '', limit: 5 })

    assertSame(records, { b: { c: 2 } }, 'the records')
  }),
]

/** The keys of all pages, page by page, each with whether there is more. */
async function pages(storage: Storage, prefix: string, limit: number): Promise<unknown> {
  const found: { keys: readonly string[]; more: boolean }[] = []
  let after: string | undefined
  do {
    const { records, more } = await storage.list('s', { prefix, limit, ...(after === undefined ? {} : { after }) })
    const keys = [...records.keys()]
    found.push({ keys, more })
    after = more ? keys.at(-1) : undefined
  } while (after !== undefined && found.length < 100)
  return found
}

function cut(keys: readonly string[], limit: number): unknown {
  const found = []
  for (let from = 0; from === 0 || from < keys.length; from += limit) {
    found.push({ keys: keys.slice(from, from + limit), more: from + limit < keys.length })
  }
  return found
}

/** An order that is neither that of the keys nor its reverse, and always the same. */
function hash(text: string): number {
  let value = 7
  for (const unit of text) value = (value * 31 + (unit.codePointAt(0) ?? 0) * 17) % 1_009
  return value
}
