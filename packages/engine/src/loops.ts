import { CommitLoop } from './commit-loop.js'
import type { Engine } from './engine.js'

/** How many sessions make a generation: so many that were used last are kept at the least, and twice as many at the most. */
const GENERATION = 1_000

/**
 * The commit loops of the sessions in use. They are kept in two generations: whichever is used enters the younger one; once
 * that is full it becomes the older one, and of the older one only those stay in which something goes on.
 */
export class Loops {
  readonly #engine: Engine
  #younger = new Map<string, CommitLoop>()
  #older: ReadonlyMap<string, CommitLoop> = new Map()
  #full = GENERATION

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The one of that session, made if need be. */
  of(uid: string): CommitLoop {
    const known = this.#younger.get(uid)
    if (known !== undefined) return known
    const loop = this.#older.get(uid) ?? new CommitLoop(uid, this.#engine)
    if (this.#younger.size >= this.#full) this.#turnOver()
    this.#younger.set(uid, loop)
    return loop
  }

  /** The one of that session, if it is kept. */
  find(uid: string): CommitLoop | undefined {
    return this.#younger.get(uid) ?? this.#older.get(uid)
  }

  all(): readonly CommitLoop[] {
    return [...new Set([...this.#younger.values(), ...this.#older.values()])]
  }

  #turnOver(): void {
    const busy = [...this.#older].filter(([uid, loop]) => !loop.idle && !this.#younger.has(uid))
    this.#older = this.#younger
    this.#younger = new Map(busy)
    this.#full = busy.length + GENERATION
  }
}
