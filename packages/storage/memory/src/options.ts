import { positiveMilliseconds, TriggerkitError, type Duration } from '@triggerkit/contracts'

import { MemoryStore, type Limits } from './memory-store.js'

export interface MemoryStorageOptions {
  /** Where the records lie. Storages over one store see the same sessions, as several processes would. Default: a new one. */
  readonly store?: MemoryStore
  /** Sessions and owners of different namespaces over one store are apart. Default: the empty namespace. */
  readonly namespace?: string
  /** How long a session is kept after its last commit, unless the change says otherwise. Default: for ever. */
  readonly ttl?: Duration
  /** How many sessions the whole store may hold; a commit that would create one more is refused. Default: any number. */
  readonly maxSessions?: number
  /** How many bytes of records, keys included, the whole store may hold; a commit beyond is refused. Default: any number. */
  readonly maxBytes?: number
  /** The storage's time, in milliseconds since 1970, which must never go back. Default: the platform's monotonic clock. */
  readonly now?: () => number
}

export interface Settings {
  readonly store: MemoryStore
  readonly namespace: string
  readonly ttl: number | null
  readonly limits: Limits
  readonly now: () => number
}

/** @throws `InvalidArgument` for a `ttl` that is no duration above 0 and for a limit that is no number above 0 */
export function toSettings(options: MemoryStorageOptions): Settings {
  return {
    store: options.store ?? new MemoryStore(),
    namespace: options.namespace ?? '',
    ttl: options.ttl === undefined ? null : positiveMilliseconds(options.ttl, 'ttl'),
    limits: { maxSessions: limit(options.maxSessions, 'maxSessions'), maxBytes: limit(options.maxBytes, 'maxBytes') },
    now: options.now ?? monotonicNow,
  }
}

function monotonicNow(): number {
  // eslint-disable-next-line no-restricted-properties -- the source of the storage's time itself; a test gives its own as `now`
  return Math.floor(performance.timeOrigin + performance.now())
}

function limit(value: number | undefined, name: string): number {
  if (value === undefined) return Number.POSITIVE_INFINITY
  if (typeof value === 'number' && value > 0) return value
  throw new TriggerkitError('InvalidArgument', `${name}: ${String(value)} is not a limit; give a number above 0, or none.`, {
    details: { name },
  })
}
