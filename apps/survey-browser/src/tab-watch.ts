import type { Presence, Storage } from '@triggerkit/contracts'

/** How an owner is shown: its beginning tells it from others. */
export function shortName(owner: string): string {
  return owner.slice(0, 6)
}

/** What is shown of the application's tabs. */
export interface TabsSeen {
  /** This tab's own name; empty until it has started. */
  readonly name: string
  /** Whether this tab is the one that looks after lost work. */
  readonly sweeps: boolean
  /** The names of all tabs that live. */
  readonly living: readonly string[]
}

/** A presence that passes everything on and remembers what it hears of this tab, to be shown. */
export class TabWatch implements Presence {
  readonly leaseMs: number
  readonly #presence: Presence
  readonly #storage: Storage
  #name = ''
  #sweeps = false

  constructor(presence: Presence, storage: Storage) {
    this.leaseMs = presence.leaseMs
    this.#presence = presence
    this.#storage = storage
  }

  get name(): string {
    return this.#name
  }

  async seen(): Promise<TabsSeen> {
    const { owners } = await this.#storage.owners()
    const living = await this.#presence.alive([...owners.keys()])
    return { name: this.#name, sweeps: this.#sweeps, living: living.map(shortName).sort() }
  }

  announce(owner: string): Promise<() => Promise<void>> {
    this.#name = shortName(owner)
    return this.#presence.announce(owner)
  }

  alive(owners: readonly string[]): Promise<readonly string[]> {
    return this.#presence.alive(owners)
  }

  onDeath(listener: (owner: string) => void): () => void {
    return this.#presence.onDeath(listener)
  }

  whileSweeper(run: () => () => void): () => void {
    return this.#presence.whileSweeper(() => {
      this.#sweeps = true
      const stop = run()
      return () => {
        this.#sweeps = false
        stop()
      }
    })
  }
}
