import type { Change, CommitAnswer, JsonValue, LoadAnswer, ReadAnswer, RecordPage, Storage } from '@triggerkit/contracts'
import { ModelStorage } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages that change what they keep, or find it wrongly. */
export const brokenRecords: readonly BrokenStorage[] = [
  { name: 'keeps Latin characters only', breaks: 'records/keep-unicode', make: () => altering((value) => JSON.parse(JSON.stringify(value).replace(/[^ -~]/g, '?'))) },
  {
    name: 'passes texts through UTF-8',
    breaks: 'records/keep-half-a-character',
    make: () => altering((value) => (typeof value === 'string' ? new TextDecoder().decode(new TextEncoder().encode(value)) : value)),
  },
  { name: 'takes empty texts for none', breaks: 'records/keep-empty-values', make: () => altering((value) => JSON.parse(JSON.stringify(value, (_, item) => (item === '' ? null : item)))) },
  {
    name: 'makes numbers of texts that look like some',
    breaks: 'records/keep-text-that-looks-like-something',
    make: () => altering((value) => JSON.parse(JSON.stringify(value, (_, item) => (item === '1' ? 1 : item)))),
  },
  { name: 'keeps whole numbers', breaks: 'records/keep-numbers', make: () => altering((value) => JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'number' ? Math.round(item) : item)))) },
  { name: 'keeps half a megabyte', breaks: 'records/keep-a-megabyte', make: () => altering((value) => (typeof value === 'string' ? value.slice(0, 500_000) : value)) },
  { name: 'keeps a few levels', breaks: 'records/keep-deep-nesting', make: () => altering((value) => cutOff(value, 20)) },
  { name: 'loses members that every object has', breaks: 'records/keep-members-of-every-object', make: () => altering(merged) },
  {
    name: 'keeps minus zero',
    breaks: 'records/bring-minus-zero-as-zero',
    make: () => loading((working) => new Map([...working].map(([key, value]) => [key, value === 0 ? -0 : value]))),
  },
  {
    name: 'brings undefined members as null',
    breaks: 'records/leave-out-undefined-members',
    make: () => altering((value) => (typeof value === 'object' && value !== null && 'b' in value && value.b === undefined ? { ...value, b: null } : value)),
  },
  { name: 'has keys in small letters', breaks: 'records/take-any-key', make: () => renaming((key) => key.toLowerCase(), (uid) => uid) },
  { name: 'ends uids at the first colon', breaks: 'records/take-any-uid', make: () => renaming((key) => key, (uid) => uid.split(':')[0] as string) },
  {
    name: 'keeps what it is given as it is',
    breaks: 'records/are-copied-when-committed',
    make: () => {
      const given = new Map<string, JsonValue>()
      return class extends loading((working) => new Map([...working].map(([key, value]) => [key, given.get(key) ?? value]))) {
        override commit(uid: string, change: Change): Promise<CommitAnswer> {
          for (const [key, value] of change.working.put) given.set(key, value)
          return super.commit(uid, change)
        }
      }
    },
  },
  {
    name: 'hands out what it keeps',
    breaks: 'records/are-copied-when-read',
    make: () =>
      class extends ModelStorage {
        readonly #answers = new Map<string, ReadAnswer & { readonly more: boolean }>()

        override async list(uid: string, page: RecordPage): ReturnType<Storage['list']> {
          const answer = this.#answers.get(uid) ?? (await super.list(uid, page))
          this.#answers.set(uid, answer)
          return answer
        }
      },
  },
  { name: 'reads the working set, too', breaks: 'read/brings-what-exists', make: () => reading(async (model, uid, keys) => withWorking(await model.load(uid), await model.read(uid, keys))) },
  { name: 'reads a hundred keys at most', breaks: 'read/brings-many', make: () => reading((model, uid, keys) => model.read(uid, keys.slice(0, 100))) },
  {
    name: 'answers a read of no keys without looking',
    breaks: 'read/of-no-keys-brings-the-version',
    make: () => reading(async (model, uid, keys) => ({ ...(await model.read(uid, keys)), ...(keys.length === 0 ? { version: null } : {}) })),
  },
  {
    name: 'gives sessions that do not exist a version',
    breaks: 'read/finds-no-session',
    make: () => reading(async (model, uid, keys) => withSomeVersion(await model.read(uid, keys))),
  },
  { name: 'lists as dictionaries do', breaks: 'list/follows-code-units', make: () => listing((keys) => keys.sort((left, right) => left.localeCompare(right))) },
  { name: 'lists by code point', breaks: 'list/follows-code-units', make: () => listing((keys) => keys.sort(byCodePoint)) },
  { name: 'repeats the last key of the page before', breaks: 'list/pages-follow-each-other', make: () => listing((keys) => keys.sort(), (key, after) => key >= after) },
  {
    name: 'says that there is more after a full page',
    breaks: 'list/pages-follow-each-other',
    make: () =>
      class extends ModelStorage {
        override async list(uid: string, page: RecordPage): ReturnType<Storage['list']> {
          const answer = await super.list(uid, page)
          return { ...answer, more: answer.records.size === page.limit }
        }
      },
  },
  { name: 'takes a prefix for a pattern', breaks: 'list/takes-a-prefix-whole', make: () => listing((keys) => keys.sort(), undefined, (key, prefix) => new RegExp(`^${prefix.replace(/[_%]/g, '.')}`).test(key)) },
  {
    name: 'goes on from a place in the list instead of a key',
    breaks: 'list/goes-on-where-keys-come-and-go',
    make: () =>
      class extends ModelStorage {
        readonly #places = new Map<string, number>()

        override async list(uid: string, { after, ...page }: RecordPage): ReturnType<Storage['list']> {
          const answer = await super.list(uid, { ...page, limit: 1_000 })
          const from = after === undefined ? 0 : (this.#places.get(after) ?? 0)
          const shown = [...answer.records].slice(from, from + page.limit)
          for (const [index, [key]] of shown.entries()) this.#places.set(key, from + index + 1)
          return { ...answer, records: new Map(shown), more: answer.records.size > from + page.limit }
        }
      },
  },
  {
    name: 'lists keys without their values',
    breaks: 'list/brings-no-working-set',
    make: () =>
      class extends ModelStorage {
        override async list(uid: string, page: RecordPage): ReturnType<Storage['list']> {
          const answer = await super.list(uid, page)
          return { ...answer, records: new Map([...answer.records.keys()].map((key) => [key, null])) }
        }
      },
  },
]

function altering(alter: (value: JsonValue) => unknown) {
  return class extends ModelStorage {
    override commit(uid: string, change: Change): Promise<CommitAnswer> {
      const put = new Map([...change.working.put].map(([key, value]) => [key, alter(value) as JsonValue]))
      return super.commit(uid, { ...change, working: { ...change.working, put } })
    }
  }
}

function loading(alter: (working: ReadonlyMap<string, JsonValue>) => ReadonlyMap<string, JsonValue>) {
  return class extends ModelStorage {
    override async load(uid: string): Promise<LoadAnswer> {
      const { now, session } = await super.load(uid)
      return { now, session: session && { ...session, working: alter(session.working) } }
    }
  }
}

function renaming(toKey: (key: string) => string, toUid: (uid: string) => string) {
  return class extends ModelStorage {
    override commit(uid: string, change: Change): Promise<CommitAnswer> {
      const put = new Map([...change.working.put].map(([key, value]) => [toKey(key), value]))
      return super.commit(toUid(uid), { ...change, working: { ...change.working, put } })
    }

    override load(uid: string): Promise<LoadAnswer> {
      return super.load(toUid(uid))
    }
  }
}

type Model = Pick<Storage, 'load' | 'read'>

function reading(read: (model: Model, uid: string, keys: readonly string[]) => Promise<ReadAnswer>) {
  return class extends ModelStorage {
    override read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
      return read({ load: (of) => super.load(of), read: (of, those) => super.read(of, those) }, uid, keys)
    }
  }
}

function listing(
  sorted: (keys: string[]) => string[],
  isAfter: (key: string, after: string) => boolean = (key, after) => key > after,
  begins: (key: string, prefix: string) => boolean = (key, prefix) => key.startsWith(prefix),
) {
  return class extends ModelStorage {
    override async list(uid: string, { prefix, after, limit }: RecordPage): ReturnType<Storage['list']> {
      const now = this.now()
      const session = this.find(uid, now)
      const all = sorted([...(session?.archive.keys() ?? [])].filter((key) => begins(key, prefix)))
      const keys = after === undefined ? all : all.filter((key) => isAfter(key, after))
      return { now, version: session?.version ?? null, records: this.archived(session, keys.slice(0, limit)), more: keys.length > limit }
    }
  }
}

function withWorking({ session }: LoadAnswer, answer: ReadAnswer): ReadAnswer {
  return { ...answer, records: new Map([...(session?.working ?? []), ...answer.records]) }
}

function withSomeVersion({ version, ...answer }: ReadAnswer): ReadAnswer {
  return { ...answer, version: version ?? { incarnation: '', number: 0 } }
}

function merged(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const copy: Record<string, JsonValue> = {}
  for (const [key, item] of Object.entries(value)) if (!(key in Object.prototype)) copy[key] = item
  return copy
}

function cutOff(value: JsonValue, levels: number): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return '…'
  if (Array.isArray(value)) return value.map((item) => cutOff(item, levels - 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutOff(item, levels - 1)]))
}

function byCodePoint(left: string, right: string): number {
  const [a, b] = [[...left], [...right]].map((units) => units.map((unit) => (unit.codePointAt(0) as number).toString(16).padStart(6, '0')).join('')) as [string, string]
  return a < b ? -1 : 1
}
