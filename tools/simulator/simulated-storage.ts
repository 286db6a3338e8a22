import type { Change, CommitAnswer, RecordPage, SessionChange, Storage, StorageCapabilities, UidPage, Version } from '@triggerkit/contracts'

import type { Label } from './faults.js'
import type { Network } from './network.js'
import type { Life } from './scheduler.js'
import type { StorageServer } from './storage-server.js'

/** One process's storage: every call passes the network. */
export class SimulatedStorage implements Storage {
  readonly key = 'memory'
  readonly capabilities: StorageCapabilities
  readonly commitMany?: NonNullable<Storage['commitMany']>
  readonly watch?: NonNullable<Storage['watch']>
  readonly #watchers = new Set<() => void>()
  readonly #server: StorageServer
  readonly #network: Network
  readonly #life: Life
  #closed = false

  constructor(server: StorageServer, network: Network, life: Life, offers: { readonly commitMany: boolean; readonly watches: boolean }) {
    this.#server = server
    this.#network = network
    this.#life = life
    this.capabilities = { durable: true, shared: 'network', commitMany: offers.commitMany, watch: offers.watches }
    if (offers.commitMany) this.commitMany = (changes) => this.#commitMany(changes)
    if (offers.watches) this.watch = (uid, listener) => this.#watch(uid, listener)
  }

  get closed(): boolean {
    return this.#closed
  }

  load(uid: string): ReturnType<Storage['load']> {
    return this.#call('load', uid, () => this.#server.inner.load(uid))
  }

  commit(uid: string, change: Change): Promise<CommitAnswer> {
    return this.#call('commit', `${uid} ${told(change)}`, () => this.#server.commit(uid, change, this.#life.name))
  }

  read(uid: string, keys: readonly string[]): ReturnType<Storage['read']> {
    return this.#call('read', `${uid} ${keys.join(' ')}`, () => this.#server.inner.read(uid, keys))
  }

  list(uid: string, page: RecordPage): ReturnType<Storage['list']> {
    return this.#call('list', `${uid} ${page.prefix}`, () => this.#server.inner.list(uid, page))
  }

  due(limit: number): ReturnType<Storage['due']> {
    return this.#call('due', '', () => this.#server.inner.due(limit))
  }

  postpone(uid: string, version: Version, wakeAt: number | null): ReturnType<Storage['postpone']> {
    return this.#call('postpone', `${uid} at version ${version.number} to ${wakeAt}`, () => this.#server.postpone(uid, version, wakeAt))
  }

  heartbeat(owner: string, ttl: number, first: boolean): ReturnType<Storage['heartbeat']> {
    return this.#call('heartbeat', `${owner}${first ? ', its first' : ''}`, () => this.#server.heartbeat(owner, ttl, first))
  }

  owners(): ReturnType<Storage['owners']> {
    return this.#call('owners', '', () => this.#server.inner.owners())
  }

  sessions(page: UidPage): ReturnType<Storage['sessions']> {
    return this.#call('list', 'sessions', () => this.#server.inner.sessions(page))
  }

  delete(uid: string): ReturnType<Storage['delete']> {
    return this.#call('commit', `deletes ${uid}`, () => this.#server.delete(uid, this.#life.name))
  }

  /** How many listeners there are: none may be left in the end. */
  get watchers(): number {
    return this.#watchers.size
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const unwatch of this.#watchers) unwatch()
  }

  #commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
    const detail = changes.map(({ uid, change }) => `${uid} ${told(change)}`).join(' and ')
    return this.#call('commit', detail, async () => {
      const answers: CommitAnswer[] = []
      for (const { uid, change } of changes) answers.push(await this.#server.commit(uid, change, this.#life.name))
      return answers
    })
  }

  #watch(uid: string, listener: (version: Version | null) => void): () => void {
    const end = this.#server.inner.watch?.(uid, (version) => {
      void this.#network.pause(this.#life, 'watch', this.#network.latency()).then(() => this.#watchers.has(unwatch) && listener(version))
    })
    const unwatch = (): void => {
      this.#watchers.delete(unwatch)
      end?.()
    }
    this.#watchers.add(unwatch)
    return unwatch
  }

  #call<TAnswer>(label: Label, detail: string, serve: () => Promise<TAnswer>): Promise<TAnswer> {
    return this.#network.call({ life: this.#life, server: 'storage', label, detail, serve })
  }
}

/** A change in a few words: the version that it makes, and the unresolved instances that it writes. */
function told({ expect, working, archive }: Change): string {
  const instances = [...working.put, ...archive.put].filter(([key]) => key.startsWith('i/')).map(([, record]) => record as { name: string; status?: string })
  const firings = [...archive.put].filter(([key]) => key.startsWith('f/')).map(([, record]) => (record as { trigger: string }).trigger)
  const parts = [...firings.map((trigger) => `fires ${trigger}`), ...instances.map(({ name, status = 'unstarted' }) => `${name} ${status}`)]
  return `version ${expect.number + 1}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`
}
