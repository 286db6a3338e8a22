import type { Change, CommitAnswer, Storage, StoredSession, Timed } from '@triggerkit/contracts'

import type { Scheduler } from './scheduler.js'
import type { System } from './system.js'

/** When the storage's time begins: 2026-01-01T00:00:00Z. */
const START = 1_767_225_600_000

/** A change that the storage applied, or `null` for a deletion, and when by its own time. */
export interface Applied {
  readonly uid: string
  readonly change: Change | null
  readonly now: number
  readonly by: string
}

/** What was wrong while it happened: an invariant's id and what broke it. */
export type Complain = (invariant: string, message: string) => void

/** The one place where sessions live: the real memory storage behind the network, with a record of what it applied. */
export class StorageServer {
  readonly applied: Applied[] = []
  readonly inner: Storage
  readonly #system: System
  readonly #store: InstanceType<System['MemoryStore']>
  readonly #scheduler: Scheduler
  readonly #complain: Complain
  /** Until when each lease runs, by a bookkeeping of its own. */
  readonly #leases = new Map<string, number>()
  #ahead = 0

  constructor(system: System, scheduler: Scheduler, complain: Complain) {
    this.#system = system
    this.#scheduler = scheduler
    this.#complain = complain
    this.#store = new system.MemoryStore()
    this.inner = this.open()
  }

  readonly now = (): number => START + this.#scheduler.now + this.#ahead

  /** A storage object over the same data, as each process has one. */
  open(): Storage {
    return this.#system.memoryStorage({ store: this.#store, now: this.now })
  }

  jump(milliseconds: number): void {
    this.#ahead += milliseconds
  }

  async commit(uid: string, change: Change, by: string): Promise<CommitAnswer> {
    const answer = await this.inner.commit(uid, change)
    if (answer.outcome === 'committed') this.applied.push({ uid, change, now: answer.now, by })
    return answer
  }

  async delete(uid: string, by: string): Promise<Timed> {
    const answer = await this.inner.delete(uid)
    this.applied.push({ uid, change: null, now: answer.now, by })
    return answer
  }

  async postpone(uid: string, version: StoredSession['version'], wakeAt: number | null): Promise<Timed> {
    const answer = await this.inner.postpone(uid, version, wakeAt)
    if (wakeAt !== null) return answer
    const { session } = await this.inner.load(uid)
    const inFlight = session?.wakeAt === null && inFlightOf(session).length > 0
    if (inFlight) this.#complain('S9', `${uid} has ${inFlightOf(session).join(', ')} in flight, and its wake-up was taken away`)
    return answer
  }

  async heartbeat(owner: string, ttl: number, first: boolean): ReturnType<Storage['heartbeat']> {
    const answer = await this.inner.heartbeat(owner, ttl, first)
    const lapsed = !first && (this.#leases.get(owner) ?? 0) <= answer.now
    if (lapsed !== answer.lapsed) this.#complain('S15', `the lease of ${owner} ${lapsed ? 'had run out and was renewed' : 'ran and was called lapsed'}`)
    this.#leases.set(owner, lapsed ? 0 : answer.now + ttl)
    return answer
  }
}

/** The names of a session's instances in flight: handed over or being executed. */
export function inFlightOf({ working }: StoredSession): readonly string[] {
  const instances = [...working].filter(([key]) => key.startsWith('i/')).map(([, record]) => record as { name: string; handOver?: unknown })
  return instances.filter(({ handOver }) => handOver !== undefined && handOver !== null).map(({ name }) => name)
}
