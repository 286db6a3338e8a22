import type { Change, Storage, StoredSession, Timed, Version } from '@triggerkit/contracts'
import fc from 'fast-check'
import { assertSame, BrokenPromise } from './assertions.js'
import { at, change, FAR_OFF, LONG_AGO } from './changes.js'
import { ModelData, ModelStorage } from './model-storage.js'
import { storageCase } from './storage-case.js'
import type { StorageCase } from './storage-case.js'
import type { Workplace } from './workplace.js'

const UIDS = ['s', 's:1'] as const
const KEYS = ['a', 'a/1', 'a/2', 'b', '\u{1f600}', '\uff5e', '__proto__'] as const
const OWNERS = ['o', 'o:1'] as const
const STORAGES = 3

/** What a command builds on: what is there, what was there, or what never was. */
type Basis = 'current' | 'older' | 'new' | 'other'

type Command =
  | { readonly do: 'commit'; readonly uid: string; readonly basis: Basis; readonly facts: CommitFacts }
  | { readonly do: 'repeat'; readonly nth: number }
  | { readonly do: 'postpone'; readonly uid: string; readonly basis: Basis; readonly wakeAt: number | null }
  | { readonly do: 'load' | 'delete'; readonly uid: string }
  | { readonly do: 'read'; readonly uid: string; readonly keys: readonly string[] }
  | { readonly do: 'list'; readonly uid: string; readonly prefix: string; readonly after: string; readonly limit: number }
  | { readonly do: 'heartbeat'; readonly owner: string; readonly ttl: number; readonly first: boolean }
  | { readonly do: 'due' | 'owners' | 'sessions' }
  | { readonly do: 'wait'; readonly milliseconds: number }

type Pairs = readonly (readonly [key: string, value: number])[]

interface CommitFacts {
  readonly working: Pairs
  readonly archive: Pairs
  readonly receipts: Pairs
  readonly removeWorking: readonly string[]
  readonly removeArchive: readonly string[]
  readonly expectAbsent: readonly string[]
  readonly read: readonly string[]
  readonly wakeAt: number | null
}

/** A command, and which of the storages gets it. */
type Step = readonly [storage: number, command: Command]

export const sequenceCases: readonly StorageCase[] = [
  storageCase('sequences/agree-with-the-oracle', 'Whatever is called in whatever order, through whichever storage, each answer is the one that the port prescribes.', async (place) => {
    const { seed, sequences = 50 } = place.environment
    const property = fc.asyncProperty(fc.array(steps(), { minLength: 1, maxLength: 60, size: 'max' }), async (given) => {
      await place.elsewhere((empty) => compare(empty, given))
    })

    try {
      await fc.assert(property, { numRuns: sequences, includeErrorInReport: true, ...(seed === undefined ? {} : { seed }) })
    } catch (error) {
      // Seed, path and the shortest sequence that fails.
      throw new BrokenPromise((error as Error).message, { cause: error })
    }
  }),
]

async function compare(place: Workplace, given: readonly Step[]): Promise<void> {
  const storages = await place.openSeveral(STORAGES)
  const oracle = new Oracle(place)
  for (const [index, [storage, command]] of given.entries()) {
    await oracle.compare(storages[storage] as Storage, command, `step ${index + 1} (${command.do})`)
  }
}

/** Gives each command to the storage first, and then, at the time that the storage answered with, to the oracle. */
class Oracle {
  readonly #place: Workplace
  readonly #storage: Storage
  readonly #committed: (readonly [uid: string, change: Change])[] = []
  /** Commit ids are told apart from those of earlier sequences also where a place forgets them late. */
  readonly #sequence = crypto.randomUUID()
  #now = 0
  #commits = 0

  constructor(place: Workplace) {
    this.#place = place
    const clock = () => this.#now
    this.#storage = place.environment.oracle?.(clock) ?? new ModelStorage(new ModelData(), clock)
  }

  async compare(storage: Storage, command: Command, what: string): Promise<void> {
    const call = await this.#prepare(command)
    if (call === undefined) return
    const answer = await call(storage)
    this.#now = answer.now
    const expected = await call(this.#storage)
    assertSame(comparable(this.#place.ownsTime ? answer : alignWakeUp(answer, expected)), comparable(expected), what)
  }

  /** The command as a call that two storages can get alike. */
  async #prepare(command: Command): Promise<((storage: Storage) => Promise<Timed>) | undefined> {
    switch (command.do) {
      case 'commit':
        return this.#commit(command.uid, await this.#change(command))
      case 'repeat':
        return this.#repeat(command.nth)
      case 'postpone': {
        const version = await this.#version(command.uid, command.basis)
        return (storage) => storage.postpone(command.uid, version, command.wakeAt)
      }
      case 'wait':
        // Where real time passes, a sequence takes no time.
        if (this.#place.ownsTime) await this.#place.wait(command.milliseconds)
        return (storage) => storage.owners()
      default:
        return plainCall(command)
    }
  }

  #commit(uid: string, presented: Change): (storage: Storage) => Promise<Timed> {
    this.#committed.push([uid, presented])
    return (storage) => storage.commit(uid, presented)
  }

  #repeat(nth: number): ((storage: Storage) => Promise<Timed>) | undefined {
    const known = this.#committed[nth % Math.max(1, this.#committed.length)]
    return known && ((storage) => storage.commit(...known))
  }

  async #change({ uid, basis, facts }: Extract<Command, { do: 'commit' }>): Promise<Change> {
    this.#commits += 1
    return change({ ...facts, commitId: `${this.#sequence}-${this.#commits}`, expect: await this.#version(uid, basis) })
  }

  async #version(uid: string, basis: Basis): Promise<Version> {
    const { session } = await this.#storage.load(uid)
    const { incarnation, number } = session?.version ?? at(0, `i${this.#commits}`)
    switch (basis) {
      case 'current':
        return at(number, incarnation)
      case 'older':
        return at(Math.max(0, number - 1), incarnation)
      case 'new':
        return at(0, `i${this.#commits}`)
      case 'other':
        return at(number, 'other')
    }
  }
}

type PlainCommand = Exclude<Command, { do: 'commit' | 'repeat' | 'postpone' | 'wait' }>

function plainCall(command: PlainCommand): (storage: Storage) => Promise<Timed> {
  switch (command.do) {
    case 'load':
      return (storage) => storage.load(command.uid)
    case 'delete':
      return (storage) => storage.delete(command.uid)
    case 'read':
      return (storage) => storage.read(command.uid, command.keys)
    case 'list':
      return (storage) => storage.list(command.uid, command)
    case 'heartbeat':
      return (storage) => storage.heartbeat(command.owner, command.ttl, command.first)
    case 'due':
      return (storage) => storage.due(100)
    case 'owners':
      return (storage) => storage.owners()
    case 'sessions':
      return (storage) => storage.sessions({ limit: 100 })
  }
}

/** By how much the clocks of a storage's machines may differ, in milliseconds: `due` puts off by the time of the machine asked. */
const SKEW = 100

/** An answer with the wake-up that was expected, if that is as good as the one that came. */
function alignWakeUp<TAnswer extends Timed & { readonly session?: StoredSession | null }>(answer: TAnswer, expected: TAnswer): TAnswer {
  const [found, wanted] = [answer.session?.wakeAt, expected.session?.wakeAt]
  const near = typeof found === 'number' && typeof wanted === 'number' && Math.abs(found - wanted) <= SKEW
  return near ? { ...answer, session: { ...answer.session, wakeAt: wanted } } : answer
}

/** An answer without what the port leaves open: the order of sessions and of owners, when leases end to the millisecond, and of wake-ups at one time. */
function comparable({ now: _now, ...answer }: Timed & { uids?: readonly string[]; owners?: ReadonlyMap<string, number>; sessions?: readonly { uid: string }[] }): unknown {
  const { uids, owners, sessions, ...rest } = answer
  return {
    ...rest,
    keys: 'records' in rest && 'more' in rest ? [...(rest.records as Map<string, unknown>).keys()] : [],
    uids: [...(uids ?? [])].sort(),
    owners: [...(owners?.keys() ?? [])].sort(),
    sessions: [...(sessions ?? [])].sort((left, right) => (left.uid < right.uid ? -1 : 1)),
  }
}

function steps(): fc.Arbitrary<Step> {
  return fc.tuple(fc.nat({ max: STORAGES - 1 }), commands())
}

function commands(): fc.Arbitrary<Command> {
  const uid = fc.constantFrom(...UIDS)
  const key = fc.constantFrom(...KEYS)
  const basis = fc.constantFrom<Basis>('current', 'current', 'current', 'older', 'new', 'other')
  const wakeAt = fc.constantFrom(null, LONG_AGO, FAR_OFF)
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('commit' as const), uid, basis, facts: facts() }) },
    fc.record({ do: fc.constant('repeat' as const), nth: fc.nat({ max: 50 }) }),
    fc.record({ do: fc.constant('postpone' as const), uid, basis, wakeAt }),
    fc.record({ do: fc.constantFrom('load' as const, 'load' as const, 'delete' as const), uid }),
    fc.record({ do: fc.constant('read' as const), uid, keys: fc.array(key, { maxLength: 4 }) }),
    fc.record({ do: fc.constant('list' as const), uid, prefix: fc.constantFrom('', 'a', 'a/', 'z'), after: fc.constantFrom('a', 'a/1', 'b'), limit: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('heartbeat' as const), owner: fc.constantFrom(...OWNERS), ttl: fc.constantFrom(0, 3_600_000), first: fc.boolean() }),
    fc.record({ do: fc.constantFrom('due' as const, 'owners' as const, 'sessions' as const) }),
    fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 6_000 }) }),
  )
}

function facts(): fc.Arbitrary<CommitFacts> {
  const key = fc.constantFrom(...KEYS)
  const pairs = fc.array(fc.tuple(key, fc.nat({ max: 9 })), { maxLength: 3 })
  const keys = fc.array(key, { maxLength: 2 })
  const receipts = fc.array(fc.tuple(fc.constantFrom('r1', 'r2'), fc.nat({ max: 9 })), { maxLength: 1 })
  const absent = fc.array(fc.constantFrom(...KEYS, 'r1', 'r2'), { maxLength: 1 })
  const wakeAt = fc.constantFrom(null, LONG_AGO, FAR_OFF)
  return fc.record({ working: pairs, archive: pairs, receipts, removeWorking: keys, removeArchive: keys, expectAbsent: absent, read: keys, wakeAt })
}
