import type { Instance } from '@triggerkit/core'
import type { Seen } from './build.js'
import type { Engine } from './engine.js'
import { lookAfterOwn } from './sweep.js'

/**
 * What only this process can mend while it lives, since its lease keeps others away: jobs that its own runners didn't
 * take, or must get later, and executions that ended here without their outcome being recorded.
 */
export class LooseEnds {
  readonly #engine: Engine
  /** When to look at which session, by the storage's time. */
  readonly #looks = new Map<string, number>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Has the session looked at, not before that time. */
  add(uid: string, at: number): void {
    this.#looks.set(uid, Math.min(at, this.#looks.get(uid) ?? Infinity))
  }

  /** Notes which of the instances must be handed over here, but not yet. */
  expect({ uid }: Readonly<Seen>, instances: Iterable<Instance>): void {
    const { owner, time } = this.#engine
    for (const { status, handOver } of instances) {
      const own = status === 'scheduled' && handOver?.owner === owner.id && owner.id !== null
      if (!own || handOver.notBefore === null || handOver.notBefore <= time.now()) continue
      if (this.#engine.runner(handOver.runner)?.capabilities.delays === false) this.add(uid, handOver.notBefore)
    }
  }

  /** Looks after whatever is due. What can't be mended yet comes up again. */
  async mend(): Promise<void> {
    const { time, settings } = this.#engine
    const now = time.now()
    const due = [...this.#looks].filter(([, at]) => at <= now).map(([uid]) => uid)
    for (const uid of due) this.#looks.delete(uid)
    const mended = due.map((uid) =>
      lookAfterOwn(this.#engine, uid).catch((error: unknown) => {
        settings.logger.warn('A session could not be looked after; it is tried again.', { uid, error: String(error) })
        this.add(uid, now)
      }),
    )
    await Promise.all(mended)
  }
}
