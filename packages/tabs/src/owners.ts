import { TriggerkitError } from '@triggerkit/contracts'

import type { Keys } from './keys.js'
import { followCache, type Leaving } from './page-life.js'

/** What the tabs tell each other of owners. */
interface Born {
  readonly kind: 'born'
  readonly lock: string
}

/** A lock that is held until somebody lets go of it, be it before it is granted. */
interface Held {
  readonly granted: Promise<void>
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
  /** The owners' locks that are waited for, by what stops that. */
  readonly #watched = new Map<string, AbortController>()
  #channel: BroadcastChannel | null = null
  /** How often the page has come back from the back/forward cache. */
  #stay = 0
  #unfollow: (() => void) | null = null

  constructor(locks: LockManager, keys: Keys) {
    this.#locks = locks
    this.#keys = keys
  }

  /** @throws `InvalidArgument` for an owner that is there already */
  async announce(owner: string): Promise<() => Promise<void>> {
    const mine = this.#hold(owner)
    await mine.granted
    this.#own.set(owner, mine)
    this.#follow()
    this.#tell(owner)
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
    if (this.#listeners.size > 0) for (const [owner, lock] of living) if (owners.includes(owner)) this.#watch(lock)
    return owners.filter((owner) => living.has(owner))
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
    this.#stay += 1
    for (const owner of this.#own.keys()) this.#retake(owner)
    if (this.#listeners.size > 0) this.#listen()
  }

  /** The owners whose locks are held, with these. A tab that waited for one and was frozen may still read it; that is no sign of life. */
  async #living(): Promise<ReadonlyMap<string, string>> {
    const { held = [] } = await this.#locks.query()
    const living = new Map<string, string>()
    for (const { mode, name = '' } of held) {
      const owner = mode === 'exclusive' ? this.#keys.ownerOf(name) : null
      if (owner !== null) living.set(owner, name)
    }
    return living
  }

  #hold(owner: string): Held {
    let letGo!: () => void
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    let released!: Promise<void>
    const granted = new Promise<void>((resolve, reject) => {
      const hold = (lock: Lock | null): Promise<void> => {
        if (lock === null) throw alreadyThere(owner)
        resolve()
        return held
      }
      released = this.#locks.request(this.#lockOf(owner), { ifAvailable: true }, hold).catch(reject)
    })
    return { granted, released, letGo }
  }

  /** Takes a new lock: the earlier one may be with a tab that waited for it and was frozen. */
  #retake(owner: string): void {
    const mine = this.#hold(owner)
    this.#own.set(owner, mine)
    // Refused only when this page itself is going away.
    mine.granted.then(() => this.#tell(owner)).catch(() => undefined)
  }

  #lockOf(owner: string): string {
    return this.#keys.owner(owner, this.#stay)
  }

  #listen(): void {
    this.#channel = new BroadcastChannel(this.#keys.channel)
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Born | { readonly kind: string }>) => {
      if (data.kind === 'born') this.#watch((data as Born).lock)
    })
    void this.#living().then((living) => {
      for (const lock of living.values()) this.#watch(lock)
    })
  }

  #stopListening(): void {
    this.#channel?.close()
    this.#channel = null
    for (const watching of this.#watched.values()) watching.abort()
    this.#watched.clear()
  }

  #watch(lock: string): void {
    const owner = this.#keys.ownerOf(lock) as string
    if (this.#channel === null || this.#own.has(owner) || this.#watched.has(lock)) return
    const watching = new AbortController()
    this.#watched.set(lock, watching)
    const onFree = (): void => {
      this.#watched.delete(lock)
      for (const listener of this.#listeners) tell(listener, owner)
    }
    // Refused only when it is no longer waited for, or when this page itself is going away.
    this.#locks.request(lock, { mode: 'shared', signal: watching.signal }, onFree).catch(() => undefined)
  }

  #tell(owner: string): void {
    const channel = new BroadcastChannel(this.#keys.channel)
    channel.postMessage({ kind: 'born', lock: this.#lockOf(owner) } satisfies Born)
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

/** What a listener throws is told as any error that nobody caught, and the others are told of the death. */
function tell(listener: (owner: string) => void, owner: string): void {
  try {
    listener(owner)
  } catch (error) {
    reportError(error)
  }
}

function alreadyThere(owner: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `The owner ${JSON.stringify(owner)} was announced already; give each its own name.`, {
    details: { owner },
  })
}
