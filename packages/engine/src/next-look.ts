import type { Runner } from '@triggerkit/contracts'
import type { Draft, HandOver, Instance } from '@triggerkit/core'
import type { Seen } from './build.js'
import type { Engine } from './engine.js'

/** After how long a hand-over is first repeated; the interval grows with the time passed. In milliseconds. */
export const FIRST_REPEAT = 10_000
const LONGEST_REPEAT = 60_000

/**
 * When somebody must look at an instance in flight again, by the storage's time; `null` if nothing is under way.
 * Derived from facts alone, so that moving a wake-up needs no commit.
 */
export function nextLook(instance: Instance, runner: Runner | undefined, now: number, lookEvery: number): number | null {
  const { handOver, status } = instance
  if (handOver === null) return null
  if (status === 'running') return now + lookEvery
  const due = Math.max(now, handOver.notBefore ?? now)
  if (due > now && runner?.capabilities.delays === false) return due
  if (runner === undefined || runner.capabilities.durable) return due + repeatAfter(handOver, now)
  return handOver.owner === null ? due : due + lookEvery
}

function repeatAfter(handOver: HandOver, now: number): number {
  return Math.min(Math.max(now - dueSince(handOver), FIRST_REPEAT), LONGEST_REPEAT)
}

/** Since when a scheduled instance may run. */
export function dueSince({ since, notBefore }: HandOver): number {
  return Math.max(since, notBefore ?? since)
}

/** The wake-up that a session needs after a change: never later than what any instance in flight needs. */
export function nextWakeUp(engine: Engine, { state, wakeAt }: Readonly<Seen>, draft: Draft): number | null {
  const now = engine.time.now()
  let next = Infinity
  let ended = 0
  for (const instance of draft.changes.instances.values()) {
    const { name, handOver } = instance
    if (handOver !== null) next = Math.min(next, nextLook(instance, engine.runner(handOver.runner), now, engine.owner.lookEvery) ?? Infinity)
    else if ((state.instance(name)?.handOver ?? null) !== null) ended += 1
  }
  if (next !== Infinity) return Math.min(wakeAt ?? Infinity, next)
  return ended > 0 && ended === state.inFlight().length ? null : wakeAt
}
