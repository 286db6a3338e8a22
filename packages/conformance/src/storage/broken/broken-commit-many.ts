import type { CommitAnswer, SessionChange } from '@triggerkit/contracts'
import { ModelStorage } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages that commit one change well and several badly. */
export const brokenCommitMany: readonly BrokenStorage[] = [
  {
    name: 'stops commitMany at the first change that is not accepted',
    breaks: 'commitMany/spoils-no-other',
    make: () =>
      manyCommitting(async (commit, changes) => {
        const answers: CommitAnswer[] = []
        for (const change of changes) {
          answers.push(await commit(change))
          if (answers.at(-1)?.outcome !== 'committed') break
        }
        return answers
      }),
  },
  {
    name: 'expects at least one change',
    breaks: 'commitMany/takes-none',
    make: () =>
      class extends ModelStorage {
        override async commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
          return changes.length === 0 ? Promise.reject(new Error('There is nothing to commit.')) : super.commitMany(changes)
        }
      },
  },
  {
    name: 'keeps no commit ids of commitMany',
    breaks: 'commitMany/applies-changes-once',
    make: () =>
      class extends ModelStorage {
        override commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
          return super.commitMany(changes.map(({ uid, change }) => ({ uid, change: { ...change, commitId: crypto.randomUUID() } })))
        }
      },
  },
  {
    name: 'answers commitMany in the order of uids',
    breaks: 'commitMany/answers-each-in-order',
    make: () =>
      manyCommitting(async (commit, changes) => {
        const answers: CommitAnswer[] = []
        for (const change of [...changes].sort((left, right) => (left.uid < right.uid ? -1 : 1))) answers.push(await commit(change))
        return answers
      }),
  },
  {
    name: 'carries out only the last change to each session of commitMany',
    breaks: 'commitMany/takes-a-session-twice',
    make: () =>
      manyCommitting(async (commit, changes) => {
        const answers = new Map<string, CommitAnswer>()
        for (const change of new Map(changes.map((one) => [one.uid, one])).values()) answers.set(change.uid, await commit(change))
        return changes.map(({ uid }) => answers.get(uid) as CommitAnswer)
      }),
  },
  {
    name: 'finds out amid commitMany that a record is not JSON',
    breaks: 'commitMany/refuses-all-or-none',
    make: () =>
      manyCommitting(async (commit, changes) => {
        const answers: CommitAnswer[] = []
        for (const change of changes) answers.push(await commit(change))
        return answers
      }),
  },
]

function manyCommitting(commitMany: (commit: (change: SessionChange) => Promise<CommitAnswer>, changes: readonly SessionChange[]) => Promise<readonly CommitAnswer[]>) {
  return class extends ModelStorage {
    override commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
      return commitMany(({ uid, change }) => this.commit(uid, change), changes)
    }
  }
}
