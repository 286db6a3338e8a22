import { TriggerkitError } from '@triggerkit/contracts'

import type { Keys } from './keys.js'
import { followCache, type Leaving } from './page-life.js'

/** What the tabs tell each other of owners. */
interface Born {
  readonly kind: 'born'
  readonly owner: string
}

/** A lock that is held until somebody lets go of it. */
interface Held {
  readonly released: Promise<void>
  letGo(): void
}

/**
 * Which owners live: each holds a lock for life, which the browser frees as soon as its tab or worker is gone. Whoever wants to
 * hear of that waits for the lock, together with all others, as a reader.
 */
export class Owners implements Leaving {
  readonly #locks: LockManager
  readonly #keys: Keys
  readonly #own = new Map<string, Held>()
  readonly #listeners = new Set<(owner: string) => void>()
  /** The owners whose end is waited for, by what stops that. */
  readonly #watched = new Map<string, AbortController>()
  #channel: BroadcastChannel | null = null
  #unfollow: (() => void) | null = null

  constructor(locks: LockManager, keys: Keys) {
    this.#locks = locks
    this.#keys = keys
  }

  /** @throws `InvalidArgument` for an owner that is there already */
  async announce(owner: string): Promise<() => Promise<void>> {
    this.#own.set(owner, await this.#hold(owner, true))
    this.#follow()
    this.#tell({ kind: 'born', owner })
    return async () => {
      const held = this.#own.get(owner)
      this.#own.delete(owner)
      held?.letGo()
      await held?.released
      this.#follow()
    }
  }

  async alive(owners: readonly string[]): Promise<readonly string[]> {
    const living = await this.#living()
    const alive = owners.filter((owner) => living.has(owner))
    if (this.#listeners.size > 0) for (const owner of alive) this.#watch(owner)
    return alive
  }

  onDeath(listener: (owner: string) => void): () => void {
    const each = (owner: string): void => listener(owner)
    this.#listeners.add(each)
    if (this.#channel === null) this.#listen()
    this.#follow()
    return () => {
      this.#listeners.delete(each)
      if (this.#listeners.size === 0) this.#stopListening()
      this.#follow()
    }
  }

  leave(): void {
    for (const held of this.#own.values()) held.letGo()
    this.#stopListening()
  }

  comeBack(): void {
    for (const owner of this.#own.keys()) void this.#retake(owner)
    if (this.#listeners.size > 0) this.#listen()
  }

  /** The owners whose locks are held. A tab that waited for one and was frozen may still read it; that is no sign of life. */
  async #living(): Promise<ReadonlySet<string>> {
    const { held = [] } = await this.#locks.query()
    const names = held.filter(({ mode }) => mode === 'exclusive').map(({ name }) => this.#keys.ownerOf(name ?? ''))
    return new Set(names.filter((owner) => owner !== null))
  }

  #hold(owner: string, ifAvailable: boolean): Promise<Held> {
    return new Promise((resolve, reject) => {
      let letGo!: () => void
      const held = new Promise<void>((release) => {
        letGo = release
      })
      const released = this.#locks
        .request(this.#keys.owner(owner), { ifAvailable }, (lock) => {
          if (lock === null) throw alreadyThere(owner)
          resolve({ released, letGo })
          return held
        })
        .catch(reject)
    })
  }

  async #retake(owner: string): Promise<void> {
    const held = await this.#hold(owner, false)
    if (this.#own.has(owner)) this.#own.set(owner, held)
    else held.letGo()
    this.#tell({ kind: 'born', owner })
  }

  #listen(): void {
    this.#channel = new BroadcastChannel(this.#keys.channel)
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Born | { readonly kind: string }>) => {
      if (data.kind === 'born') this.#watch((data as Born).owner)
    })
    void this.#living().then((owners) => {
      for (const owner of owners) this.#watch(owner)
    })
  }

  #stopListening(): void {
    this.#channel?.close()
    this.#channel = null
    for (const watching of this.#watched.values()) watching.abort()
    this.#watched.clear()
  }

  #watch(owner: string): void {
    if (this.#channel === null || this.#own.has(owner) || this.#watched.has(owner)) return
    const watching = new AbortController()
    this.#watched.set(owner, watching)
    const onFree = (): void => {
      this.#watched.delete(owner)
      for (const listener of this.#listeners) listener(owner)
    }
    // Refused only when it is no longer waited for, or when this page itself is going away.
    this.#locks.request(this.#keys.owner(owner), { mode: 'shared', signal: watching.signal }, onFree).catch(() => undefined)
  }

  #tell(message: Born): void {
    const channel = new BroadcastChannel(this.#keys.channel)
    channel.postMessage(message)
    channel.close()
  }

  /** Follows the page as long as there is something to let go of. */
  #follow(): void {
    const needed = this.#own.size > 0 || this.#listeners.size > 0
    if (needed) this.#unfollow ??= followCache(this)
    else {
      this.#unfollow?.()
      this.#unfollow = null
    }
  }
}

function alreadyThere(owner: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `The owner ${JSON.stringify(owner)} was announced already; give each its own name.`, {
    details: { owner },
  })
}
