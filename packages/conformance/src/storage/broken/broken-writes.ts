import type { Change, CommitAnswer, LoadAnswer, Patch, ReadAnswer, StoredSession } from '@triggerkit/contracts'
import { ModelStorage } from '../model-storage.js'
import type { ModelSession } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

const NOTHING: Patch = { put: new Map(), remove: [] }

/** Storages that load wrongly, or write something else than what they were given. */
export const brokenWrites: readonly BrokenStorage[] = [
  {
    name: 'loads the archive with the working set',
    breaks: 'load/brings-the-working-set-alone',
    make: () =>
      class extends ModelStorage {
        protected override seen(session: ModelSession | undefined): StoredSession | null {
          const both = session && { ...session, working: new Map([...session.working, ...session.archive]) }
          return super.seen(both)
        }
      },
  },
  {
    name: 'takes whoever does not exist for an empty session',
    breaks: 'load/finds-no-session',
    make: () =>
      class extends ModelStorage {
        override async load(uid: string): Promise<LoadAnswer> {
          const { now, session } = await super.load(uid)
          return { now, session: session ?? { version: { incarnation: '', number: 0 }, working: new Map(), wakeAt: null } }
        }
      },
  },
  {
    name: 'takes a session without records for none',
    breaks: 'load/finds-a-session-without-records',
    make: () =>
      class extends ModelStorage {
        protected override find(uid: string, now: number): ModelSession | undefined {
          const session = super.find(uid, now)
          return session === undefined || session.working.size + session.archive.size === 0 ? undefined : session
        }
      },
  },
  {
    name: 'answers loads from what it loaded before',
    breaks: 'load/sees-other-storages-commits',
    make: () =>
      class extends ModelStorage {
        readonly #loaded = new Map<string, LoadAnswer>()

        override async load(uid: string): Promise<LoadAnswer> {
          const answer = this.#loaded.get(uid) ?? (await super.load(uid))
          this.#loaded.set(uid, answer)
          return answer
        }
      },
  },
  {
    name: 'chooses the incarnation itself',
    breaks: 'commit/creates-a-session',
    make: () => committing((written) => ({ ...written, version: { ...written.version, incarnation: 'mine' } })),
  },
  {
    name: 'leaves the number where it was after the first commit',
    breaks: 'commit/raises-the-number-by-one',
    make: () => committing((written) => ({ ...written, version: { ...written.version, number: Math.min(1, written.version.number) } })),
  },
  {
    name: 'writes the working set and forgets the archive',
    breaks: 'commit/writes-both-places',
    make: () => presenting((change) => ({ ...change, archive: NOTHING })),
  },
  {
    name: 'never removes',
    breaks: 'commit/moves-records',
    make: () => presenting((change) => ({ ...change, working: { ...change.working, remove: [] }, archive: { ...change.archive, remove: [] } })),
  },
  {
    name: 'removes a key from both places',
    breaks: 'commit/keeps-the-places-apart',
    make: () =>
      presenting((change) => {
        const remove = [...change.working.remove, ...change.archive.remove]
        return { ...change, working: { ...change.working, remove }, archive: { ...change.archive, remove } }
      }),
  },
  {
    name: 'fails to remove what is not there',
    breaks: 'commit/removes-what-is-not-there',
    make: () =>
      class extends ModelStorage {
        protected override patched(texts: ReadonlyMap<string, string>, patch: Patch): Map<string, string> {
          for (const key of patch.remove) if (!texts.has(key)) throw new Error(`There is no ${key}.`)
          return super.patched(texts, patch)
        }
      },
  },
  {
    name: 'removes after it has put',
    breaks: 'commit/put-wins-over-remove',
    make: () =>
      class extends ModelStorage {
        protected override patched(texts: ReadonlyMap<string, string>, patch: Patch): Map<string, string> {
          const patched = super.patched(texts, patch)
          for (const key of patch.remove) patched.delete(key)
          return patched
        }
      },
  },
  {
    name: 'reads before it writes',
    breaks: 'commit/reads-what-it-wrote',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const { records } = await this.read(uid, change.read)
          const answer = await super.commit(uid, change)
          return answer.outcome === 'committed' ? { ...answer, records } : answer
        }
      },
  },
  {
    name: 'keeps a wake-up that a commit takes back',
    breaks: 'commit/sets-the-wake-up',
    make: () =>
      class extends ModelStorage {
        protected override write(uid: string, change: Change, written: ModelSession): void {
          const before = this.data.sessions.get(uid)?.wakeAt ?? null
          super.write(uid, change, { ...written, wakeAt: written.wakeAt ?? before })
        }
      },
  },
  {
    name: 'keeps receipts in the archive',
    breaks: 'commit/hides-receipts',
    make: () => presenting((change) => ({ ...change, archive: { ...change.archive, put: new Map([...change.archive.put, ...change.receipts]) } })),
  },
  {
    name: 'reads receipts',
    breaks: 'commit/hides-receipts',
    make: () =>
      class extends ModelStorage {
        override async read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
          const answer = await super.read(uid, keys)
          return { ...answer, records: new Map([...answer.records, ...this.present(uid, undefined, keys)]) }
        }
      },
  },
]

function committing(alter: (written: ModelSession) => ModelSession) {
  return class extends ModelStorage {
    protected override write(uid: string, change: Change, written: ModelSession): void {
      super.write(uid, change, alter(written))
    }
  }
}

function presenting(alter: (change: Change) => Change) {
  return class extends ModelStorage {
    override commit(uid: string, change: Change): Promise<CommitAnswer> {
      return super.commit(uid, alter(change))
    }
  }
}
