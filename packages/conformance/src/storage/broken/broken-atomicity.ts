import { CLAIM_MS } from '@triggerkit/contracts'
import type { Change, CommitAnswer, Storage } from '@triggerkit/contracts'
import { ModelStorage } from '../model-storage.js'
import type { ModelSession } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages that do in two steps what must be one, or half of it. */
export const brokenAtomicity: readonly BrokenStorage[] = [
  { name: 'writes the working set before it has looked at the archive', breaks: 'commit/is-all-or-nothing-in-archive', make: () => writingFirst('working') },
  { name: 'writes the archive before it has looked at the receipts', breaks: 'commit/is-all-or-nothing-in-receipts', make: () => writingFirst('archive') },
  { name: 'writes the archive before it has looked at the working set', breaks: 'commit/is-all-or-nothing-in-working', make: () => writingFirst('archive') },
  { name: 'cuts a cycle', breaks: 'commit/refuses-a-cycle', make: () => altering((value) => (isCyclic(value) ? '[circular]' : value)) },
  { name: 'stores undefined as null', breaks: 'commit/refuses-undefined', make: () => altering((value) => value ?? null) },
  { name: 'stores a bigint as text', breaks: 'commit/refuses-a-bigint', make: () => altering((value) => JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)))) },
  { name: 'leaves a function out', breaks: 'commit/refuses-a-function', make: () => altering((value) => (typeof value === 'function' ? null : value)) },
  {
    name: 'lets others see a change half written',
    breaks: 'commit/is-seen-whole',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const session = this.data.sessions.get(uid)
          const archive = new Map(session?.archive)
          const answer = await super.commit(uid, change)
          const written = this.data.sessions.get(uid)
          if (answer.outcome !== 'committed' || written === undefined) return answer
          this.data.sessions.set(uid, { ...written, archive })
          await pause()
          this.data.sessions.set(uid, written)
          return answer
        }
      },
  },
  ...[
    'concurrency/two-race',
    'concurrency/eight-race',
    'concurrency/one-creates',
    'concurrency/one-change-is-applied-once',
    'concurrency/one-firing-is-kept-once',
    'concurrency/deleting-and-committing-exclude-each-other',
  ].map((breaks) => ({ name: 'checks in one step and writes in the next', breaks, make: () => CheckingFirst })),
  {
    name: 'looks in one step for what is due and claims it in the next',
    breaks: 'concurrency/one-claims',
    make: () =>
      class extends ModelStorage {
        override async due(limit: number): ReturnType<Storage['due']> {
          const now = this.now()
          const due = this.living(now).filter(([, { wakeAt }]) => wakeAt !== null && wakeAt <= now).slice(0, limit)
          await pause()
          for (const [, session] of due) session.wakeAt = now + CLAIM_MS
          return { now, sessions: due.map(([uid, { version }]) => ({ uid, version })) }
        }
      },
  },
  {
    name: 'has one version for all sessions',
    breaks: 'concurrency/sessions-do-not-disturb-each-other',
    make: () =>
      class extends ModelStorage {
        override async commit(uid: string, change: Change): Promise<CommitAnswer> {
          const commits = this.data.commitIds.size
          await pause()
          const session = this.seen(this.find(uid, this.now()))
          return commits === this.data.commitIds.size ? super.commit(uid, change) : { outcome: 'conflict', now: this.now(), session }
        }
      },
  },
]

class CheckingFirst extends ModelStorage {
  override async commit(uid: string, change: Change): Promise<CommitAnswer> {
    const now = this.now()
    const session = this.find(uid, now)
    const written = this.written(uid, change, now)
    const accepted = this.isExpected(session, change.expect) && this.present(uid, session, change.expectAbsent).size === 0
    if (this.knows(uid, change.commitId) || !accepted) return super.commit(uid, change)
    await pause()
    this.write(uid, change, written)
    return { outcome: 'committed', now, records: this.archived(written, change.read) }
  }
}

function writingFirst(part: 'working' | 'archive') {
  return class extends ModelStorage {
    protected override written(uid: string, change: Change, now: number): ModelSession {
      const session = this.data.sessions.get(uid)
      if (session !== undefined && this.isExpected(session, change.expect)) session[part] = this.patched(session[part], change[part])
      return super.written(uid, change, now)
    }
  }
}

function altering(alter: (value: unknown) => unknown) {
  return class extends ModelStorage {
    override commit(uid: string, change: Change): Promise<CommitAnswer> {
      const put = new Map([...change.archive.put].map(([key, value]) => [key, alter(value) as typeof value]))
      return super.commit(uid, { ...change, archive: { ...change.archive, put } })
    }
  }
}

function isCyclic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).includes(value)
}

async function pause(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await Promise.resolve()
}
