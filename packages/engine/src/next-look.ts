import type { Draft, HandOver, Instance, RunnerTraits, SessionState } from '@triggerkit/core'
import type { Engine } from './engine.js'

/** After how long a hand-over is first repeated; the interval grows with the time passed. In milliseconds. */
const FIRST_REPEAT = 10_000
const LONGEST_REPEAT = 60_000

/**
 * When somebody must look at an instance in flight again, by the storage's time; `null` if nothing is under way.
 * Derived from facts alone, so that moving a wake-up needs no commit.
 */
export function nextLook(instance: Instance, runner: RunnerTraits | undefined, now: number, lease: number): number | null {
  const { handOver, status } = instance
  if (handOver === null) return null
  if (status === 'running') return now + lease
  const due = Math.max(now, handOver.notBefore ?? now)
  if (due > now && runner?.delays === false) return due
  if (runner === undefined || runner.durable) return due + repeatAfter(handOver, now)
  return handOver.owner === null ? due : Math.max(due, now + lease)
}

function repeatAfter({ since, notBefore }: HandOver, now: number): number {
  return Math.min(Math.max(now - Math.max(since, notBefore ?? since), FIRST_REPEAT), LONGEST_REPEAT)
}

/** The wake-up that a session needs after a change: never later than what any instance in flight needs. */
export function nextWakeUp(engine: Engine, state: SessionState, draft: Draft, wakeAt: number | null, now: number): number | null {
  let inFlight = state.inFlightCount
  let next = wakeAt ?? Infinity
  for (const instance of draft.changes.instances.values()) {
    if ((state.instance(instance.name)?.handOver ?? null) !== null) inFlight -= 1
    if (instance.handOver === null) continue
    inFlight += 1
    const runner = engine.runnerTraits(instance.handOver.runner)
    next = Math.min(next, nextLook(instance, runner, now, engine.settings.lease) ?? Infinity)
  }
  return inFlight === 0 || next === Infinity ? null : next
}
