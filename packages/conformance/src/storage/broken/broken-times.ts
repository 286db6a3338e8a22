import { CLAIM_MS } from '@triggerkit/contracts'
import type { Change, Storage, Timed, Version } from '@triggerkit/contracts'
import { ModelStorage, nameOf } from '../model-storage.js'
import type { ModelSession } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages of which the time, or something that hangs on it, is wrong: wake-ups, times to live, leases. */
export const brokenTimes: readonly BrokenStorage[] = [
  { name: 'has sessions due whatever their wake-up', breaks: 'due/brings-what-has-come', make: () => sweeping((session, now) => session.wakeAt !== null || now === 0) },
  { name: 'has sessions due a little early', breaks: 'due/waits-for-the-time', make: () => sweeping(({ wakeAt }, now) => wakeAt !== null && wakeAt <= now + 300) },
  { name: 'never claims', breaks: 'due/claims', make: () => sweeping(hasCome, { claim: 0 }) },
  { name: 'claims for half the time', breaks: 'due/comes-again-after-the-claim-time', make: () => sweeping(hasCome, { claim: CLAIM_MS / 2 }) },
  { name: 'claims for good', breaks: 'due/comes-again-after-the-claim-time', make: () => sweeping(hasCome, { claim: 1e12 }) },
  { name: 'brings one session too many', breaks: 'due/keeps-to-the-limit', make: () => sweeping(hasCome, { more: 1 }) },
  { name: 'raises the version with a claim', breaks: 'due/leaves-the-version', make: () => sweeping(hasCome, { raises: 1 }) },
  {
    name: 'leaves wake-ups where the first commit set them',
    breaks: 'due/follows-each-commit',
    make: () =>
      class extends ModelStorage {
        protected override write(uid: string, change: Change, written: ModelSession): void {
          const before = this.data.sessions.get(uid)
          super.write(uid, change, before === undefined ? written : { ...written, wakeAt: before.wakeAt })
        }
      },
  },
  {
    name: 'keeps the wake-ups of deleted sessions',
    breaks: 'due/forgets-deleted-sessions',
    make: () => {
      const deleted: string[] = []
      return class extends ModelStorage {
        override delete(uid: string): Promise<Timed> {
          deleted.push(uid)
          return super.delete(uid)
        }

        override async due(limit: number): ReturnType<Storage['due']> {
          const { now, sessions } = await super.due(limit)
          return { now, sessions: [...sessions, ...deleted.map((uid) => ({ uid, version: { incarnation: 'one', number: 1 } }))] }
        }
      }
    },
  },
  { name: 'never postpones', breaks: 'postpone/moves-forward', make: () => postponing(() => false) },
  { name: 'postpones to later times alone', breaks: 'postpone/moves-backward', make: () => postponing((session, version, wakeAt) => same(session, version) && (wakeAt ?? 0) > (session.wakeAt ?? 0)) },
  { name: 'takes no wake-up back', breaks: 'postpone/takes-back', make: () => postponing((session, version, wakeAt) => wakeAt !== null && same(session, version)) },
  { name: 'postpones what has a wake-up alone', breaks: 'postpone/sets-one', make: () => postponing((session, version) => session.wakeAt !== null && same(session, version)) },
  { name: 'moves no wake-up that is claimed', breaks: 'postpone/ends-a-claim', make: () => postponing((session, version) => session.wakeAt !== session.committedAt + CLAIM_MS && same(session, version)) },
  {
    name: 'makes the session that it is to postpone',
    breaks: 'postpone/does-nothing-to-nobody',
    make: () =>
      class extends ModelStorage {
        override async postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
          const nothing = { working: new Map(), archive: new Map(), ttl: null, committedAt: 0 }
          if (!this.data.sessions.has(uid)) this.data.sessions.set(uid, { ...nothing, version, wakeAt })
          return super.postpone(uid, version, wakeAt)
        }
      },
  },
  { name: 'postpones at any version', breaks: 'postpone/does-nothing-at-an-older-version', make: () => postponing(() => true) },
  { name: 'postpones at any incarnation', breaks: 'postpone/does-nothing-at-another-incarnation', make: () => postponing((session, { number }) => session.version.number === number) },
  { name: 'knows no time to live', breaks: 'time-to-live/counts-from-the-commit', make: () => ending(() => Number.POSITIVE_INFINITY) },
  { name: 'ends sessions early', breaks: 'time-to-live/counts-from-the-commit', make: () => ending(({ committedAt, ttl }) => committedAt + (ttl as number) - 40) },
  {
    name: 'counts the time to live from the first commit',
    breaks: 'time-to-live/counts-from-the-last-commit',
    make: () =>
      class extends ModelStorage {
        protected override write(uid: string, change: Change, written: ModelSession): void {
          super.write(uid, change, { ...written, committedAt: this.data.sessions.get(uid)?.committedAt ?? written.committedAt })
        }
      },
  },
  {
    name: 'keeps the first time to live',
    breaks: 'time-to-live/is-the-last-commits',
    make: () =>
      class extends ModelStorage {
        protected override write(uid: string, change: Change, written: ModelSession): void {
          super.write(uid, change, { ...written, ttl: this.data.sessions.get(uid)?.ttl ?? written.ttl })
        }
      },
  },
  { name: 'ends sessions before they wake up', breaks: 'time-to-live/leaves-the-woken-session-to-be-found', make: () => ending(({ committedAt, ttl }) => committedAt + (ttl as number)) },
  { name: 'ends sessions as they wake up', breaks: 'time-to-live/never-ends-before-the-wake-up', make: () => ending(({ committedAt, ttl, wakeAt }) => Math.max(committedAt + (ttl as number), (wakeAt ?? 0) + 1)) },
  {
    name: 'leaves the end where the commit set it',
    breaks: 'time-to-live/moves-with-the-wake-up',
    make: () =>
      class extends ModelStorage {
        override postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
          const session = this.find(uid, this.now())
          if (session?.ttl) session.ttl = Math.max(session.ttl, (session.wakeAt ?? 0) - session.committedAt)
          return super.postpone(uid, version, wakeAt)
        }
      },
  },
  {
    name: 'leaves the archive when a session ends',
    breaks: 'time-to-live/takes-the-session-whole',
    make: () => dying((session) => ({ ...session, working: new Map(), wakeAt: null, ttl: null })),
  },
  {
    name: 'lists sessions that have ended',
    breaks: 'time-to-live/takes-the-session-whole',
    make: () =>
      class extends ModelStorage {
        protected override living(): readonly (readonly [string, ModelSession])[] {
          return [...this.data.sessions]
        }

        protected override find(uid: string, now: number): ModelSession | undefined {
          const session = this.data.sessions.get(uid)
          return session !== undefined && this.endOf(session) > now ? session : undefined
        }
      },
  },
  {
    name: 'remembers that a session was there',
    breaks: 'time-to-live/lets-a-session-be-made-anew',
    make: () =>
      class extends ModelStorage {
        protected override isExpected(session: ModelSession | undefined, expected: Version): boolean {
          const once = this.data.commitIds.size > 0 && session === undefined
          return once ? false : super.isExpected(session, expected)
        }
      },
  },
  {
    name: 'forgets commit ids with the end of their session',
    breaks: 'time-to-live/leaves-commit-ids-and-receipts',
    make: () =>
      class extends ModelStorage {
        protected override find(uid: string, now: number): ModelSession | undefined {
          const existed = this.data.sessions.has(uid)
          const session = super.find(uid, now)
          if (existed && session === undefined) this.data.commitIds.clear()
          return session
        }
      },
  },
  {
    name: 'keeps a hundred commit ids',
    breaks: 'commit/keeps-commit-ids-and-receipts',
    make: () =>
      class extends ModelStorage {
        protected override knows(uid: string, commitId: string): boolean {
          return [...this.data.commitIds].slice(-100).includes(nameOf(uid, commitId))
        }
      },
  },
]

interface Claim {
  readonly claim?: number
  readonly more?: number
  readonly raises?: number
}

function hasCome({ wakeAt }: ModelSession, now: number): boolean {
  return wakeAt !== null && wakeAt <= now
}

function same({ version }: ModelSession, { incarnation, number }: Version): boolean {
  return version.incarnation === incarnation && version.number === number
}

function sweeping(isDue: (session: ModelSession, now: number) => boolean, { claim = CLAIM_MS, more = 0, raises = 0 }: Claim = {}) {
  return class extends ModelStorage {
    override async due(limit: number): ReturnType<Storage['due']> {
      const now = this.now()
      const due = this.living(now).filter(([, session]) => isDue(session, now))
      due.sort(([, left], [, right]) => (left.wakeAt as number) - (right.wakeAt as number))
      const claimed = due.slice(0, limit + more)
      const sessions = claimed.map(([uid, { version }]) => ({ uid, version }))
      for (const [, session] of claimed) {
        session.wakeAt = now + claim
        session.version = { ...session.version, number: session.version.number + raises }
      }
      return { now, sessions }
    }
  }
}

function postponing(may: (session: ModelSession, version: Version, wakeAt: number | null) => boolean) {
  return class extends ModelStorage {
    override async postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
      const now = this.now()
      const session = this.find(uid, now)
      if (session !== undefined && may(session, version, wakeAt)) session.wakeAt = wakeAt
      return { now }
    }
  }
}

function ending(endOf: (session: ModelSession) => number) {
  return class extends ModelStorage {
    protected override endOf(session: ModelSession): number {
      return session.ttl === null ? Number.POSITIVE_INFINITY : endOf(session)
    }
  }
}

/** What is left of a session, and listed, after its end. */
function dying(left: (session: ModelSession) => ModelSession) {
  return class extends ModelStorage {
    readonly #left = new Map<string, ModelSession>()

    protected override find(uid: string, now: number): ModelSession | undefined {
      const before = this.data.sessions.get(uid)
      const session = super.find(uid, now)
      if (before !== undefined && session === undefined) this.#left.set(uid, left(before))
      return session
    }

    override async list(...[uid, page]: Parameters<Storage['list']>): ReturnType<Storage['list']> {
      const answer = await super.list(uid, page)
      const session = this.#left.get(uid)
      return answer.version !== null || session === undefined ? answer : { ...answer, records: this.archived(session, [...session.archive.keys()]) }
    }
  }
}
