import type { Presence } from '@triggerkit/contracts'

import { keysOf } from './keys.js'
import { toSettings, type Settings, type TabsOptions } from './options.js'
import { Owners } from './owners.js'
import { Sweeper } from './sweeper.js'

/**
 * The presence of an application's tabs: who lives, and who sweeps, by Web Locks. Works in pages and in workers. Where the browser
 * lacks what it takes, it says so and leaves both to the storage: every tab sweeps, and an owner lives as long as its lease.
 * @example `createTriggers({ storage, runners, presence: tabs({ name: 'survey' }) })`
 * @throws `InvalidArgument` for invalid options
 */
export function tabs(options: TabsOptions): Presence {
  const settings = toSettings(options)
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks
  const missing = [...(locks === undefined ? ['Web Locks'] : []), ...('BroadcastChannel' in globalThis ? [] : ['BroadcastChannel'])]
  if (locks !== undefined && missing.length === 0) return new OnceGranted(settings, locks)
  return withoutLocks(settings, `This browser, or this insecure page, has no ${missing.join(' and no ')}`)
}

function withoutLocks(settings: Settings, why: string): Presence {
  const { name, lease, logger } = settings
  logger.warn(
    `${why}: every tab sweeps, and the work of a closed tab is taken over only when its lease of ${lease} ms has run out. ` +
      'Serve the page over HTTPS, outside sandboxes, and let it store data.',
    { name },
  )
  return new LeasesAlone(settings)
}

/** Whether locks are granted to a page, such as one in a sandbox, shows only when it asks for one. */
class OnceGranted implements Presence {
  readonly leaseMs: number
  readonly #presence: Promise<Presence>

  constructor(settings: Settings, locks: LockManager) {
    const { channel: probe } = keysOf(settings.name)
    this.leaseMs = settings.lease
    this.#presence = locks
      .request(probe, { ifAvailable: true }, () => undefined)
      .then(
        () => new TabsPresence(settings, locks),
        (error: unknown) => withoutLocks(settings, `This browser denies locks to the page (${String(error)})`),
      )
  }

  async announce(owner: string): Promise<() => Promise<void>> {
    return (await this.#presence).announce(owner)
  }

  async alive(owners: readonly string[]): Promise<readonly string[]> {
    return (await this.#presence).alive(owners)
  }

  onDeath(listener: (owner: string) => void): () => void {
    return this.#begin((presence) => presence.onDeath(listener))
  }

  whileSweeper(run: () => () => void): () => void {
    return this.#begin((presence) => presence.whileSweeper(run))
  }

  #begin(start: (presence: Presence) => () => void): () => void {
    let ended = false
    const end = this.#presence.then((presence) => (ended ? null : start(presence)))
    return () => {
      ended = true
      void end.then((stop) => stop?.())
    }
  }
}

class TabsPresence implements Presence {
  readonly leaseMs: number
  readonly #settings: Settings
  readonly #locks: LockManager
  readonly #owners: Owners

  constructor(settings: Settings, locks: LockManager) {
    this.leaseMs = settings.lease
    this.#settings = settings
    this.#locks = locks
    this.#owners = new Owners(locks, keysOf(settings.name))
  }

  announce(owner: string): Promise<() => Promise<void>> {
    return this.#owners.announce(owner)
  }

  alive(owners: readonly string[]): Promise<readonly string[]> {
    return this.#owners.alive(owners)
  }

  onDeath(listener: (owner: string) => void): () => void {
    return this.#owners.onDeath(listener)
  }

  whileSweeper(run: () => () => void): () => void {
    const { sweeper: lock, channel } = keysOf(this.#settings.name)
    const sweeper = new Sweeper({ locks: this.#locks, lock, channel, patience: this.#settings.patience }, run)
    return () => sweeper.end()
  }
}

/** What is left without locks: the storage's leases, which the engine looks at in any case. */
class LeasesAlone implements Presence {
  readonly leaseMs: number

  constructor({ lease }: Settings) {
    this.leaseMs = lease
  }

  async announce(): Promise<() => Promise<void>> {
    return async () => undefined
  }

  async alive(owners: readonly string[]): Promise<readonly string[]> {
    return owners
  }

  onDeath(): () => void {
    return () => undefined
  }

  whileSweeper(run: () => () => void): () => void {
    return run()
  }
}
