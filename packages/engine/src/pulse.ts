import type { Timer } from '@triggerkit/contracts'
import type { Engine } from './engine.js'

/** Clocks and timers may differ by this much: a look that comes a moment too early finds nothing. In milliseconds. */
const MARGIN = 25

/**
 * What a started process does at regular intervals. Lease and sweep share one timer, so that a process that was held up
 * renews its lease before it looks at others'.
 */
export class Pulse {
  readonly #engine: Engine
  readonly #sweep: () => Promise<void>
  readonly #interval: number
  #timer: Timer | null = null
  #beating: Promise<void> = Promise.resolve()
  #ended = false
  #leads = false
  #stopLeading: (() => void) | null = null
  readonly #secondLooks = new Set<Timer>()
  /** What has failed and not succeeded since. */
  readonly #failing = new Set<string>()
  #sweptAt = 0

  constructor(engine: Engine, sweep: () => Promise<void>) {
    const { lease, sweepEvery } = engine.settings
    this.#engine = engine
    this.#sweep = sweep
    this.#interval = Math.min(sweepEvery, lease / 4)
  }

  /** Begins to beat. With a presence port only the process that it chooses sweeps; else every one does. */
  async begin(): Promise<void> {
    const { presence } = this.#engine.settings
    this.#arm()
    if (presence === undefined) return this.#lead()
    const stopWatching = presence.onDeath(() => this.#lookAfterDeath())
    const stopSweeping = presence.whileSweeper(() => {
      void this.#lead()
      return () => {
        this.#leads = false
      }
    })
    this.#stopLeading = () => {
      stopWatching()
      stopSweeping()
    }
  }

  /** Sweeps no more; the lease is still renewed, for what runs here. */
  calm(): void {
    this.#stopLeading?.()
    this.#stopLeading = null
    this.#leads = false
    for (const timer of this.#secondLooks) this.#engine.settings.clock.clearTimer(timer)
    this.#secondLooks.clear()
  }

  async end(): Promise<void> {
    this.calm()
    this.#ended = true
    if (this.#timer !== null) this.#engine.settings.clock.clearTimer(this.#timer)
    await this.#beating
  }

  #arm(): void {
    this.#timer = this.#engine.settings.clock.setTimer(() => {
      this.#beating = this.#beat()
    }, this.#interval)
  }

  async #beat(): Promise<void> {
    const { owner, executions, settings, looseEnds } = this.#engine
    await this.#safely('The lease could not be renewed.', () => owner.renew())
    if (this.#ended) return
    for (const uid of executions.uids()) this.#engine.loop(uid).refresh().catch(() => undefined)
    void this.#safely('What went wrong here could not be mended yet.', () => looseEnds.mend())
    if (settings.clock.monotonic() - this.#sweptAt >= settings.sweepEvery) void this.#lookAround()
    this.#arm()
  }

  async #lead(): Promise<void> {
    this.#leads = true
    await this.#lookAround()
  }

  /** Looks at once, and again when the last session that was put off while the dead one lived is due. */
  #lookAfterDeath(): void {
    const { clock } = this.#engine.settings
    void this.#lookAround()
    const timer = clock.setTimer(() => {
      this.#secondLooks.delete(timer)
      void this.#lookAround()
    }, this.#engine.owner.lookEvery + MARGIN)
    this.#secondLooks.add(timer)
  }

  async #lookAround(): Promise<void> {
    if (!this.#leads) return
    this.#sweptAt = this.#engine.settings.clock.monotonic()
    if (this.#engine.untreatable.yields(this.#engine.time.now())) return
    await this.#safely('The sweep failed; it is tried again.', this.#sweep)
  }

  /** Does something whose failure is told once, however often it is repeated, until it has succeeded again. */
  async #safely(message: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#failing.delete(message)
    } catch (error) {
      const level = this.#failing.has(message) ? 'debug' : 'warn'
      this.#failing.add(message)
      this.#engine.settings.logger[level](message, { error: String(error) })
    }
  }
}
