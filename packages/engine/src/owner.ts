import type { Engine } from './engine.js'
import { timedOut, within } from './system-clock.js'

/** This process as one that executes: its name, and the lease that shows others that it lives. */
export class Owner {
  readonly #engine: Engine
  #id: string | null = null
  #beatAt = 0
  /** Whether the storage has said that the lease had run out. */
  #lapsed = false
  #withdraw: (() => Promise<void>) | null = null

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The owner's name; `null` while this process doesn't execute. */
  get id(): string | null {
    return this.#id
  }

  /**
   * After how long somebody must look whether an owner still lives: presence knows of its end before its lease runs out. Sooner than
   * the next sweep, which would else come a moment too early and look only the time after; timers of hidden tabs wait for a full second.
   */
  get lookEvery(): number {
    const { presence, lease, sweepEvery } = this.#engine.settings
    return presence === undefined ? lease : Math.min(lease, sweepEvery / 2)
  }

  /** Begins a lease under a new name. */
  async begin(): Promise<void> {
    const { settings } = this.#engine
    const id = settings.ids.random()
    const beatAt = settings.clock.monotonic()
    await this.#beat(id, true)
    const { presence } = settings
    this.#withdraw = presence === undefined ? null : await this.#engine.limited(presence.announce(id))
    this.#id = id
    this.#beatAt = beatAt
    this.#lapsed = false
  }

  /** Renews the lease when a quarter of it has passed. If it had lapsed, what runs here is aborted and a new one begun. */
  async renew(): Promise<void> {
    const { settings, executions } = this.#engine
    const id = this.#id
    if (id === null || settings.clock.monotonic() - this.#beatAt < settings.lease / 4) return
    if (!this.#lapsed) await this.#renewSoon(id)
    if (!this.#lapsed) return
    settings.logger.warn('The lease of this process has lapsed; others take over what it ran.', { owner: id })
    executions.abort()
    await this.#withdrawn()
    await this.begin()
  }

  /** Leaves time for further tries before the lease has run out; an answer that comes later counts for the next of them. */
  async #renewSoon(id: string): Promise<void> {
    const { clock, lease } = this.#engine.settings
    if ((await within(clock, lease / 4, this.#renewed(id))) === timedOut) throw new Error('The storage did not answer.')
  }

  async #renewed(id: string): Promise<void> {
    const beatAt = this.#engine.settings.clock.monotonic()
    const { lapsed } = await this.#beat(id, false)
    if (this.#id !== id) return
    if (!lapsed) this.#beatAt = beatAt
    else this.#lapsed = true
  }

  /** Of these owners, those that live, by the storage's leases and by presence where there is one, and when each lease ends. */
  async alive(owners: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { storage, presence } = this.#engine.settings
    const { owners: leases } = await this.#engine.call(() => storage.owners())
    const leased = owners.filter((owner) => leases.has(owner))
    const alive = presence === undefined ? leased : await this.#engine.limited(presence.alive(leased))
    return new Map(alive.map((owner) => [owner, leases.get(owner) as number]))
  }

  /** Ends the lease, so that others needn't wait for it to run out. */
  async end(): Promise<void> {
    const id = this.#id
    this.#id = null
    await this.#withdrawn()
    if (id !== null) await this.#engine.call(() => this.#engine.settings.storage.heartbeat(id, 0, false))
  }

  async #withdrawn(): Promise<void> {
    const withdraw = this.#withdraw
    this.#withdraw = null
    if (withdraw !== null) await this.#engine.limited(withdraw())
  }

  #beat(id: string, first: boolean): ReturnType<Engine['settings']['storage']['heartbeat']> {
    return this.#engine.call(() => this.#engine.settings.storage.heartbeat(id, this.#engine.settings.lease, first))
  }
}
