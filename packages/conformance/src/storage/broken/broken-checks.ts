import type { Change, CommitAnswer, Records, Version } from '@triggerkit/contracts'
import { ModelStorage, nameOf } from '../model-storage.js'
import type { ModelSession } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages that check a commit wrongly, or in another order. */
export const brokenChecks: readonly BrokenStorage[] = [
  { name: 'knows no commit id', breaks: 'commit/applies-a-change-once', make: () => knowing(() => false) },
  {
    name: 'knows the last commit id only',
    breaks: 'commit/knows-older-commit-ids',
    make: () => knowing((uid, id, known) => [...known].filter((name) => name.startsWith(`[${JSON.stringify(uid)},`)).at(-1) === nameOf(uid, id)),
  },
  {
    name: 'joins uid and commit id without a mark between',
    breaks: 'commit/knows-commit-ids-by-session',
    make: () => knowing((uid, id, known) => [...known].some((name) => (JSON.parse(name) as string[]).join('') === uid + id)),
  },
  {
    name: 'remembers the commit ids of what it refuses',
    breaks: 'commit/keeps-refused-commit-ids-free',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const answer = await super.commit(uid, change)
          this.data.commitIds.add(nameOf(uid, change.commitId))
          return answer
        }
      },
  },
  { name: 'takes any version', breaks: 'commit/conflicts-with-an-older-number', make: () => expecting((session, expected) => session !== undefined || expected.number === 0) },
  {
    name: 'looks for older numbers alone',
    breaks: 'commit/conflicts-with-a-newer-number',
    make: () => expecting((session, { incarnation, number }) => (session === undefined ? number === 0 : session.version.incarnation === incarnation && number >= session.version.number)),
  },
  {
    name: 'compares numbers and no incarnations',
    breaks: 'commit/conflicts-with-another-incarnation',
    make: () => expecting((session, { number }) => (session?.version.number ?? 0) === number),
  },
  {
    name: 'creates sessions over those that exist',
    breaks: 'commit/conflicts-with-another-session-to-be-created',
    make: () => expecting((session, { incarnation, number }) => number === 0 || (session?.version.incarnation === incarnation && session.version.number === number)),
  },
  {
    name: 'makes a session of which somebody else expects more',
    breaks: 'commit/conflicts-with-nothing',
    make: () => expecting((session, { incarnation, number }) => session === undefined || (session.version.incarnation === incarnation && session.version.number === number)),
  },
  {
    name: 'answers a conflict without the working set',
    breaks: 'commit/conflicts-with-a-session-to-be-created',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const answer = await super.commit(uid, change)
          if (answer.outcome !== 'conflict' || answer.session === null) return answer
          return { ...answer, session: { ...answer.session, working: new Map() } }
        }
      },
  },
  { name: 'looks for absent keys among receipts alone', breaks: 'commit/finds-archived-keys-present', make: () => finding((model, uid, _session, keys) => model(uid, undefined, keys)) },
  {
    name: 'looks for absent keys in the archive alone',
    breaks: 'commit/finds-receipts-present',
    make: () => finding((model, uid, session, keys) => model(uid, session, keys.filter((key) => session?.archive.has(key)))),
  },
  {
    name: 'brings no records of what is present',
    breaks: 'commit/finds-archived-keys-present',
    make: () => finding((model, uid, session, keys) => new Map([...model(uid, session, keys)].map(([key]) => [key, null]))),
  },
  {
    name: 'moves the wake-up of what it answers with present',
    breaks: 'commit/present-writes-nothing',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const answer = await super.commit(uid, change)
          const session = this.data.sessions.get(uid)
          if (answer.outcome === 'present' && session !== undefined) session.wakeAt = change.wakeAt
          return answer
        }
      },
  },
  {
    name: 'counts the keys of the working set as present',
    breaks: 'commit/accepts-absent-keys',
    make: () => finding((model, uid, session, keys) => model(uid, session && { ...session, archive: new Map([...session.archive, ...session.working]) }, keys)),
  },
  {
    name: 'keeps the receipts of all sessions together',
    breaks: 'commit/keeps-expected-keys-by-session',
    make: () =>
      class extends ModelStorage {
        protected override present(_uid: string, session: ModelSession | undefined, keys: readonly string[]): Records {
          return super.present('all', session, keys)
        }

        protected override write(uid: string, change: Change, written: ModelSession): void {
          super.write(uid, change, written)
          for (const [key, value] of change.receipts) this.data.receipts.set(nameOf('all', key), JSON.stringify(value))
        }
      },
  },
  {
    name: 'compares versions before it looks for the commit id',
    breaks: 'commit/checks-the-commit-id-first',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const session = this.find(uid, this.now())
          if (this.isExpected(session, change.expect)) return super.commit(uid, change)
          return { outcome: 'conflict', now: this.now(), session: this.seen(session) }
        }
      },
  },
  {
    name: 'looks for absent keys before it compares versions',
    breaks: 'commit/checks-the-version-second',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const records = this.present(uid, this.find(uid, this.now()), change.expectAbsent)
          return records.size === 0 || this.knows(uid, change.commitId) ? super.commit(uid, change) : { outcome: 'present', now: this.now(), records }
        }
      },
  },
]

function knowing(knows: (uid: string, commitId: string, known: ReadonlySet<string>) => boolean) {
  return class extends ModelStorage {
    protected override knows(uid: string, commitId: string): boolean {
      return knows(uid, commitId, this.data.commitIds)
    }
  }
}

function expecting(isExpected: (session: ModelSession | undefined, expected: Version) => boolean) {
  return class extends ModelStorage {
    protected override isExpected(session: ModelSession | undefined, expected: Version): boolean {
      return isExpected(session, expected)
    }
  }
}

type Present = (uid: string, session: ModelSession | undefined, keys: readonly string[]) => Records

function finding(find: (model: Present, ...args: Parameters<Present>) => Records) {
  return class extends ModelStorage {
    protected override present(uid: string, session: ModelSession | undefined, keys: readonly string[]): Records {
      return find((...args) => super.present(...args), uid, session, keys)
    }
  }
}
