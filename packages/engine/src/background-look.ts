import type { Engine } from './engine.js'

/** The pause after a look that failed, in milliseconds; it doubles with each that follows. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000

/** What is looked at. */
export interface Looked {
  readonly uid: string
  readonly look: () => Promise<void>
  /** Whether anybody still wants to see it. */
  readonly isWatched: () => boolean
}

/**
 * Looks at something in the background, one time after the other: whatever comes up during a look is one more look, however much
 * that is. One that fails is repeated while it is watched.
 */
export class BackgroundLook {
  readonly #engine: Engine
  readonly #looked: Looked
  #wanted = false
  #underWay = false

  constructor(engine: Engine, looked: Looked) {
    this.#engine = engine
    this.#looked = looked
  }

  /** Has it looked at from now on. */
  want(): void {
    this.#wanted = true
    if (!this.#underWay) void this.#run()
  }

  async #run(): Promise<void> {
    this.#underWay = true
    for (let failures = 0; this.#wanted; ) {
      this.#wanted = false
      try {
        await this.#looked.look()
        failures = 0
      } catch (error) {
        if (failures === 0) this.#tell(error)
        await this.#engine.pauses.wait(Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE))
        failures += 1
        this.#wanted = this.#looked.isWatched() && !this.#engine.closed
      }
    }
    this.#underWay = false
  }

  #tell(error: unknown): void {
    this.#engine.settings.logger.warn('A watched session could not be read; it will be tried again.', { uid: this.#looked.uid, error: String(error) })
  }
}
