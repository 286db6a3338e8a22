import { isTriggerkitError, LONGEST_RETRY_MS } from '@triggerkit/contracts'
import type { Change, CommitAnswer, Timed } from '@triggerkit/contracts'
import type { Engine } from './engine.js'
import type { Submission } from './submission.js'

const FIRST_PAUSE = 50
const LONGEST_PAUSE = 5_000

/** Attempts at one thing, with growing pauses between them, for {@link LONGEST_RETRY_MS} at the most. */
class Attempts {
  readonly #engine: Engine
  readonly #started: number
  #pause = FIRST_PAUSE

  constructor(engine: Engine, started: number) {
    this.#engine = engine
    this.#started = started
  }

  /** Waits for the time of the next attempt; `false` if there is to be none. */
  async again(): Promise<boolean> {
    const { settings, pauses } = this.#engine
    if (settings.clock.monotonic() - this.#started > LONGEST_RETRY_MS) return false
    await pauses.wait(this.#pause)
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
    return !this.#engine.closed
  }
}

/** Asks the storage until it answers; `null` once nobody waits for the answer any more. */
export async function ask<TAnswer extends Timed>(
  engine: Engine,
  group: readonly Submission[],
  question: () => Promise<TAnswer>,
): Promise<TAnswer | null> {
  const started = engine.settings.clock.monotonic()
  let attempts: Attempts | undefined
  for (;;) {
    try {
      return await engine.call(question)
    } catch (error) {
      if (!isTriggerkitError(error, 'StorageUnavailable')) throw error
      markHindered(group, error)
    }
    if (group.every(({ settled }) => settled)) return null
    attempts ??= new Attempts(engine, started)
    if (await attempts.again()) continue
    for (const submission of group) submission.expire()
    return null
  }
}

/**
 * Presents the identical change until its outcome is known. `null`: it was certainly never sent, and somebody whose work
 * is in it has been told so; or it is given up, and everybody has been told what they must expect.
 * @throws `StorageRefused`, `Closed` if it was certainly not applied
 */
export async function present(engine: Engine, uid: string, change: Change, group: readonly Submission[]): Promise<CommitAnswer | null> {
  const { settings, time } = engine
  const started = settings.clock.monotonic()
  let attempts: Attempts | undefined
  for (let unknown = false; ; ) {
    if (!unknown && group.some(({ settled }) => settled)) return null
    markPresented(group, true)
    try {
      return time.hear(await engine.limited(engine.commits.commit(uid, change)))
    } catch (error) {
      const refused = isTriggerkitError(error, 'StorageRefused') || isTriggerkitError(error, 'Closed')
      if (refused && !unknown) throw error
      unknown ||= !isTriggerkitError(error, 'StorageUnavailable')
      markPresented(group, unknown)
      markHindered(group, error)
      settings.logger.debug('A change is presented again.', { uid, commitId: change.commitId, error: String(error) })
    }
    attempts ??= new Attempts(engine, started)
    if (await attempts.again()) continue
    for (const submission of group) submission.expire()
    return null
  }
}

function markPresented(group: readonly Submission[], presented: boolean): void {
  for (const submission of group) submission.presented = presented && submission.failure === null
}

function markHindered(group: readonly Submission[], cause: unknown): void {
  for (const submission of group) submission.obstacle = { cause }
}
