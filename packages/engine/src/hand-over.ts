import type { DispatchAnswer, Job, Runner } from '@triggerkit/contracts'
import type { Effect, Instance, Session, Task } from '@triggerkit/core'
import type { Seen } from './build.js'
import type { Engine } from './engine.js'
import { jobOf } from './job.js'

/** Gives scheduled instances to their runners. A hand-over that fails is told, and repeated by the sweep. */
export function handOver(engine: Engine, seen: Readonly<Seen>, effects: readonly Effect[]): Promise<unknown> | null {
  const given: Promise<unknown>[] = []
  for (const { instance: name, round, attempt } of effects) {
    const instance = seen.state.instance(name)
    const current = instance?.status === 'scheduled' && instance.round === round && instance.attempt === attempt
    if (current && instance.handOver !== null) given.push(give(engine, seen, instance, false))
  }
  if (given.length <= 1) return given[0] ?? null
  return Promise.all(given)
}

/** Gives one scheduled instance to its runner, which has a limited time to answer; `null` if that failed. */
export async function give(engine: Engine, seen: Readonly<Seen>, instance: Instance, repeated: boolean): Promise<DispatchAnswer | null> {
  const { uid, state, version } = seen
  const task = state.task(instance.task) as Task
  const { manager } = state.session as Session
  const job = jobOf(instance, task, { uid, version, manager, storage: engine.settings.storageKey })
  const runner = engine.runner(job.runner) as Runner
  try {
    return await engine.limited(runner.dispatch(job, { repeated, extras: task.configuration.extras }))
  } catch (error) {
    tell(engine, job, error)
    // A job in this process's memory is nobody else's to repeat.
    if (!runner.capabilities.durable) engine.looseEnds.add(uid, engine.time.now())
    return null
  }
}

function tell({ settings }: Engine, { uid, instance, runner, id }: Job, error: unknown): void {
  settings.logger.warn('A hand-over failed; it is repeated later.', { uid, instance, runner, job: id, error: String(error) })
}
