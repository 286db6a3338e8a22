import { ModelStorage } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages that lose in a crash what they acknowledged, that close wrongly, or that are not what they are said to be. */
export const brokenLives: readonly BrokenStorage[] = [
  { name: 'loses sessions in a crash', breaks: 'durability/keeps-sessions', make: () => ModelStorage, crash: (data) => data.sessions.clear() },
  { name: 'loses commit ids in a crash', breaks: 'durability/keeps-commit-ids', make: () => ModelStorage, crash: (data) => data.commitIds.clear() },
  { name: 'loses receipts in a crash', breaks: 'durability/keeps-receipts', make: () => ModelStorage, crash: (data) => data.receipts.clear() },
  { name: 'loses leases in a crash', breaks: 'durability/keeps-leases', make: () => ModelStorage, crash: (data) => data.leases.clear() },
  {
    name: 'loses wake-ups in a crash',
    breaks: 'durability/keeps-claims-and-postponed-wake-ups',
    make: () => ModelStorage,
    crash: (data) => {
      for (const session of data.sessions.values()) session.wakeAt = null
    },
  },
  {
    name: 'brings back in a crash what was deleted',
    breaks: 'durability/keeps-deletions',
    make: () => ModelStorage,
    crash: (data) => {
      const deleted = [...data.commitIds].map((name) => (JSON.parse(name) as string[])[0] as string).filter((uid) => !data.sessions.has(uid))
      const nothing = { working: new Map(), archive: new Map(), wakeAt: null, ttl: null, committedAt: 0 }
      for (const uid of deleted) data.sessions.set(uid, { ...nothing, version: { incarnation: 'one', number: 1 } })
    },
  },
  {
    name: 'shares its owners with every other place',
    breaks: 'durability/leaves-places-apart',
    make: () =>
      class extends ModelStorage {
        override async owners(): ReturnType<ModelStorage['owners']> {
          return { now: this.now(), owners: new Map([['somebody', this.now() + 1]]) }
        }
      },
  },
  {
    name: 'goes on answering after it was closed',
    breaks: 'close/refuses-later-calls',
    make: () =>
      class extends ModelStorage {
        override async close(): Promise<void> {
          return undefined
        }
      },
  },
  {
    name: 'refuses to be closed twice',
    breaks: 'close/refuses-later-calls',
    make: () =>
      class extends ModelStorage {
        override async close(): Promise<void> {
          this.now()
          await super.close()
        }
      },
  },
  {
    name: 'applies what it refuses as closed',
    breaks: 'close/applies-nothing-afterwards',
    make: () =>
      class extends ModelStorage {
        override async delete(uid: string): ReturnType<ModelStorage['delete']> {
          this.data.sessions.delete(uid)
          return super.delete(uid)
        }
      },
  },
  {
    name: 'clears its data when it is closed',
    breaks: 'close/releases-nothing-of-others',
    make: () =>
      class extends ModelStorage {
        override async close(): Promise<void> {
          this.data.leases.clear()
          await super.close()
        }
      },
  },
  { name: 'is said to have no watch, and has one', breaks: 'descriptor/tells-the-truth', make: () => ModelStorage, capabilities: { watch: false } },
  { name: 'is said to be shared by a network, and says a process', breaks: 'descriptor/tells-the-truth', make: () => ModelStorage, capabilities: { shared: 'network' } },
  { name: 'has another key than its descriptor', breaks: 'descriptor/tells-the-truth', make: () => withKey('another') },
  {
    name: 'has a watch that it does not declare',
    breaks: 'watch/is-absent-where-not-offered',
    make: () => declaring({ watch: false }),
    capabilities: { watch: false },
  },
  {
    name: 'has a commitMany that it does not declare',
    breaks: 'commitMany/is-absent-where-not-offered',
    make: () => declaring({ commitMany: false }),
    capabilities: { commitMany: false },
  },
]

function withKey(key: string) {
  return class extends ModelStorage {
    override readonly key = key
  }
}

function declaring(capabilities: Partial<ModelStorage['capabilities']>) {
  return class extends ModelStorage {
    override readonly capabilities = { durable: true, shared: 'process', commitMany: true, watch: true, ...capabilities } as const
  }
}
