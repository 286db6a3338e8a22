import type { Storage } from '@triggerkit/contracts'
import { ModelStorage } from '../model-storage.js'
import type { BrokenStorage } from './broken-storage.js'

/** Storages that are wrong about who lives, or about the time. */
export const brokenLeases: readonly BrokenStorage[] = [
  { name: 'remembers owners by itself', breaks: 'heartbeat/begins-a-lease', make: () => listing((owners, mine) => new Map([...owners].filter(([owner]) => mine.has(owner)))) },
  { name: 'lets a lease run from its beginning', breaks: 'heartbeat/renews-a-lease', make: () => beating((leases, { owner, end, first }) => void (first && leases.set(owner, end))) },
  {
    name: 'never shortens a lease',
    breaks: 'heartbeat/may-shorten-a-lease',
    make: () => beating((leases, { owner, end }) => void leases.set(owner, Math.max(end, leases.get(owner) ?? 0))),
  },
  {
    name: 'revives whoever renews',
    breaks: 'heartbeat/tells-a-lapsed-lease',
    make: () => renewing((storage, owner, ttl) => storage.heartbeat(owner, ttl, true)),
  },
  {
    name: 'takes in whoever it does not know',
    breaks: 'heartbeat/tells-an-unknown-owner',
    make: () => renewing(async (storage, owner, ttl) => ({ ...(await storage.heartbeat(owner, ttl, true)), lapsed: true })),
  },
  {
    name: 'begins no lease a second time',
    breaks: 'heartbeat/begins-anew',
    make: () =>
      class extends ModelStorage {
        override async heartbeat(owner: string, ttl: number, first: boolean): ReturnType<Storage['heartbeat']> {
          return super.heartbeat(owner, ttl, first && !this.data.leases.has(owner))
        }
      },
  },
  {
    name: 'takes a lease of zero for one without end',
    breaks: 'heartbeat/ends-a-lease',
    make: () => beating((leases, { owner, end, ttl }) => void leases.set(owner, ttl === 0 ? Number.POSITIVE_INFINITY : end)),
  },
  {
    name: 'ends the leases of all whose names begin alike',
    breaks: 'heartbeat/keeps-owners-apart',
    make: () =>
      beating((leases, { owner, end, ttl }) => {
        for (const other of leases.keys()) if (ttl === 0 && other.startsWith(owner)) leases.delete(other)
        if (ttl > 0) leases.set(owner, end)
      }),
  },
  {
    name: 'lists whoever lived once',
    breaks: 'owners/lists-the-living',
    make: () =>
      class extends ModelStorage {
        override async owners(): ReturnType<Storage['owners']> {
          return { now: this.now(), owners: new Map(this.data.leases) }
        }
      },
  },
  {
    name: 'tells how long leases still run instead of when they end',
    breaks: 'owners/tells-when-leases-end',
    make: () =>
      class extends ModelStorage {
        override async owners(): ReturnType<Storage['owners']> {
          const { now, owners } = await super.owners()
          return { now, owners: new Map([...owners].map(([owner, end]) => [owner, end - now])) }
        }
      },
  },
  { name: 'tells the time in seconds', breaks: 'time/comes-with-every-answer', make: () => timing((now) => Math.floor(now / 1_000)) },
  {
    name: 'goes back in time',
    breaks: 'time/never-goes-back',
    make: () => {
      let asked = 0
      return timing((now) => now - (asked += 1) % 7)
    },
  },
  {
    name: 'has a time that stands still',
    breaks: 'time/passes',
    make: () => {
      let first: number | undefined
      return timing((now) => (first ??= now))
    },
  },
  {
    name: 'has a time for each storage',
    breaks: 'time/is-one-for-all',
    make: () => {
      let opened = 0
      return class extends ModelStorage {
        readonly #ahead = (opened += 1) * 60_000

        protected override now(): number {
          return super.now() + this.#ahead
        }
      }
    },
  },
]

interface Beat {
  readonly owner: string
  readonly end: number
  readonly first: boolean
  readonly ttl: number
}

/** A storage that writes its leases in another way. */
function beating(beat: (leases: Map<string, number>, heard: Beat) => void) {
  return class extends ModelStorage {
    override async heartbeat(owner: string, ttl: number, first: boolean): ReturnType<Storage['heartbeat']> {
      const now = this.now()
      const lapsed = !first && (this.data.leases.get(owner) ?? 0) <= now
      if (!lapsed) beat(this.data.leases, { owner, end: now + ttl, first, ttl })
      return { now, lapsed }
    }
  }
}

type Lapsing = (storage: Storage, owner: string, ttl: number) => ReturnType<Storage['heartbeat']>

/** A storage that answers otherwise to who renews a lapsed lease. */
function renewing(renew: Lapsing) {
  return class extends ModelStorage {
    override async heartbeat(owner: string, ttl: number, first: boolean): ReturnType<Storage['heartbeat']> {
      const answer = await super.heartbeat(owner, ttl, first)
      return answer.lapsed ? renew(this, owner, ttl) : answer
    }
  }
}

function listing(listed: (owners: ReadonlyMap<string, number>, mine: ReadonlySet<string>) => ReadonlyMap<string, number>) {
  return class extends ModelStorage {
    readonly #mine = new Set<string>()

    override heartbeat(owner: string, ttl: number, first: boolean): ReturnType<Storage['heartbeat']> {
      this.#mine.add(owner)
      return super.heartbeat(owner, ttl, first)
    }

    override async owners(): ReturnType<Storage['owners']> {
      const { now, owners } = await super.owners()
      return { now, owners: listed(owners, this.#mine) }
    }
  }
}

function timing(told: (now: number) => number) {
  return class extends ModelStorage {
    protected override now(): number {
      return told(super.now())
    }
  }
}
