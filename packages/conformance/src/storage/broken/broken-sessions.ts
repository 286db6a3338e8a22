import type { Change, Storage, Timed, UidPage, Version } from '@triggerkit/contracts'
import { ModelStorage, nameOf } from '../model-storage.js'
import type { ModelData, ModelSession, ModelWatcher } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages that enumerate, forget or tell of sessions wrongly. */
export const brokenSessions: readonly BrokenStorage[] = [
  {
    name: 'counts owners among the sessions',
    breaks: 'sessions/of-an-empty-place',
    make: () => enumerating((uids, data) => [...uids, ...data.leases.keys()]),
  },
  { name: 'leaves out sessions of odd names', breaks: 'sessions/come-once-each', make: () => enumerating((uids) => uids.filter((uid) => !/[^ -~]/.test(uid))) },
  {
    name: 'counts its pages instead of going on behind a session',
    breaks: 'sessions/stay-in-order-while-some-come',
    make: () =>
      class extends ModelStorage {
        override async sessions({ after = '0', limit }: UidPage): ReturnType<Storage['sessions']> {
          const now = this.now()
          const from = Number(after)
          const uids = this.living(now).map(([uid]) => uid).sort()
          return { now, uids: uids.slice(from, from + limit), next: uids.length > from + limit ? String(from + limit) : null }
        }
      },
  },
  {
    name: 'lists deleted sessions',
    breaks: 'sessions/leave-out-the-deleted',
    make: () => enumerating((uids, data) => [...new Set([...uids, ...[...data.commitIds].map((name) => (JSON.parse(name) as string[])[0] as string)])].sort()),
  },
  {
    name: 'deletes the working set alone',
    breaks: 'delete/forgets-the-session',
    make: () =>
      class extends ModelStorage {
        override async delete(uid: string): Promise<Timed> {
          const session = this.find(uid, this.now())
          session?.working.clear()
          return { now: this.now() }
        }
      },
  },
  {
    name: 'fails to delete what is not there',
    breaks: 'delete/is-idempotent',
    make: () => deleting((data, uid) => { if (!data.sessions.has(uid)) throw new Error('There is no such session.') }),
  },
  { name: 'deletes the commit ids, too', breaks: 'delete/leaves-commit-ids', make: () => deleting((data) => data.commitIds.clear()) },
  { name: 'deletes the receipts, too', breaks: 'delete/leaves-receipts', make: () => deleting((data) => data.receipts.clear()) },
  {
    name: 'keeps the archive for whoever creates the session anew',
    breaks: 'delete/lets-a-session-be-made-anew',
    make: () =>
      class extends ModelStorage {
        readonly #archives = new Map<string, Map<string, string>>()

        override delete(uid: string): Promise<Timed> {
          const session = this.find(uid, this.now())
          if (session !== undefined) this.#archives.set(uid, session.archive)
          return super.delete(uid)
        }

        protected override write(uid: string, change: Change, written: ModelSession): void {
          super.write(uid, change, { ...written, archive: new Map([...(this.#archives.get(uid) ?? []), ...written.archive]) })
        }
      },
  },
  { name: 'tells of its own commits alone', breaks: 'watch/tells-of-other-storages-commits', make: () => telling(({ storage }, by) => storage === by) },
  { name: "tells of others' commits alone", breaks: 'watch/tells-of-own-commits', make: () => telling(({ storage }, by) => storage !== by) },
  { name: 'tells of no deletion', breaks: 'watch/tells-of-deletion', make: () => telling((_watcher, _by, version) => version !== null) },
  {
    name: 'tells of all sessions whose uids begin alike',
    breaks: 'watch/tells-of-that-session-alone',
    make: () =>
      class extends ModelStorage {
        protected override tell(uid: string, version: Version | null): void {
          const alike = new Set([...this.data.watchers].map((watcher) => watcher.uid).filter((watched) => uid.startsWith(watched)))
          for (const watched of alike) super.tell(watched, version)
        }
      },
  },
  {
    name: 'brings a session without its records along with the news',
    breaks: 'watch/brings-the-session-of-that-version',
    make: () =>
      class extends ModelStorage {
        override watch(uid: string, listener: ModelWatcher['listener']): () => void {
          return super.watch(uid, (version) => listener(version, version === null ? undefined : { version, working: new Map(), wakeAt: null }))
        }
      },
  },
  {
    name: 'goes on telling who has ended watching',
    breaks: 'watch/ends-when-told',
    make: () =>
      class extends ModelStorage {
        override watch(uid: string, listener: ModelWatcher['listener']): () => void {
          super.watch(uid, listener)
          return () => undefined
        }
      },
  },
  {
    name: 'goes on telling after it was closed',
    breaks: 'watch/ends-with-its-storage',
    make: () =>
      class extends ModelStorage {
        override async close(): Promise<void> {
          this.closed = true
        }
      },
  },
  {
    name: 'stops telling at the first listener that throws',
    breaks: 'watch/lets-no-listener-harm-others',
    make: () =>
      class extends ModelStorage {
        protected override tell(uid: string, version: Version | null): void {
          for (const watcher of this.data.watchers) if (watcher.uid === uid) watcher.listener(version)
        }
      },
  },
  {
    name: 'forgets a commit id when its session is created anew',
    breaks: 'sequences/agree-with-the-oracle',
    make: () =>
      class extends ModelStorage {
        protected override write(uid: string, change: Change, written: ModelSession): void {
          if (change.expect.number === 0) this.data.commitIds.clear()
          super.write(uid, change, written)
        }
      },
  },
  {
    name: 'finds the receipts of this incarnation alone',
    breaks: 'delete/leaves-receipts',
    make: () =>
      class extends ModelStorage {
        protected override write(uid: string, change: Change, written: ModelSession): void {
          super.write(uid, change, written)
          for (const key of change.receipts.keys()) {
            this.data.receipts.delete(nameOf(uid, key))
            written.archive.set(key, JSON.stringify(change.receipts.get(key)))
          }
        }
      },
  },
]

function enumerating(listed: (uids: readonly string[], data: ModelData) => readonly string[]) {
  return class extends ModelStorage {
    override async sessions(page: UidPage): ReturnType<Storage['sessions']> {
      const { now } = await super.sessions(page)
      const uids = listed(this.living(now).map(([uid]) => uid).sort(), this.data).filter((uid) => uid > (page.after ?? ''))
      const shown = uids.slice(0, page.limit)
      return { now, uids: shown, next: uids.length > page.limit ? (shown.at(-1) ?? null) : null }
    }
  }
}

function deleting(first: (data: ModelData, uid: string) => void) {
  return class extends ModelStorage {
    override async delete(uid: string): Promise<Timed> {
      first(this.data, uid)
      return super.delete(uid)
    }
  }
}

function telling(isTold: (watcher: ModelWatcher, by: ModelStorage, version: Version | null) => boolean) {
  return class extends ModelStorage {
    protected override tell(uid: string, version: Version | null): void {
      const watchers = [...this.data.watchers].filter((watcher) => watcher.uid === uid && isTold(watcher, this, version))
      queueMicrotask(() => {
        for (const { listener } of watchers) listener(version)
      })
    }
  }
}
