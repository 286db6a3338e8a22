import { TriggerkitError } from '@triggerkit/contracts'

import { MemorySpace, type Usage } from './memory-space.js'

export interface Limits {
  readonly maxSessions: number
  readonly maxBytes: number
}

/** Where memory storages keep their records. Those over one store see the same sessions, as several processes would. */
export class MemoryStore {
  readonly #spaces = new Map<string, MemorySpace>()
  readonly #usage: Usage = { sessions: 0, bytes: 0 }

  /** How many sessions the store holds, in all namespaces. One whose time is over counts until somebody looks. */
  get sessions(): number {
    return this.#usage.sessions
  }

  /** How many bytes its records take, keys and receipts included. */
  get bytes(): number {
    return this.#usage.bytes
  }

  /** @internal */
  space(namespace: string): MemorySpace {
    const space = this.#spaces.get(namespace) ?? new MemorySpace(this.#usage)
    this.#spaces.set(namespace, space)
    return space
  }

  /**
   * Makes sure that there is room, forgetting what has expired if need be.
   * @throws `StorageRefused`
   * @internal
   */
  admit(needed: Usage, limits: Limits, now: number): void {
    if (this.#excess(needed, limits) === null) return
    for (const space of this.#spaces.values()) space.expire(now)
    const excess = this.#excess(needed, limits)
    if (excess !== null) throw refusal(excess, limits[excess])
  }

  /** The limit that would be passed. What makes a store smaller is let in, however full it is. */
  #excess(needed: Usage, limits: Limits): keyof Limits | null {
    if (needed.sessions > 0 && this.sessions + needed.sessions > limits.maxSessions) return 'maxSessions'
    return needed.bytes > 0 && this.bytes + needed.bytes > limits.maxBytes ? 'maxBytes' : null
  }
}

function refusal(name: keyof Limits, limit: number): TriggerkitError {
  const message = `The store is full (${name}: ${limit}) and stored nothing; delete sessions, give them a ttl, or raise ${name}.`
  return new TriggerkitError('StorageRefused', message, { details: { limit: name, value: limit } })
}
