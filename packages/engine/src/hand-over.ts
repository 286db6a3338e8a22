import type { DispatchAnswer, Job, Runner } from '@triggerkit/contracts'
import type { Effect, Instance, Session, Task } from '@triggerkit/core'
import type { CommitLoop } from './commit-loop.js'
import type { Engine } from './engine.js'
import { jobOf } from './job.js'
import { timedOut, within } from './system-clock.js'

/** Gives scheduled instances to their runners. A hand-over that fails is told, and repeated by the sweep. */
export function handOver(engine: Engine, loop: CommitLoop, effects: readonly Effect[]): Promise<void> | null {
  const given: Promise<unknown>[] = []
  for (const { instance: name, round, attempt } of effects) {
    const instance = loop.seen?.state.instance(name)
    const current = instance?.status === 'scheduled' && instance.round === round && instance.attempt === attempt
    if (current && instance.handOver !== null) given.push(give(engine, loop, instance, false))
  }
  return given.length === 0 ? null : Promise.all(given).then(() => undefined)
}

/** Gives one scheduled instance to its runner; `null` if that failed. */
export async function give(engine: Engine, loop: CommitLoop, instance: Instance, repeated: boolean): Promise<DispatchAnswer | null> {
  const { settings } = engine
  const { state, version } = loop.seen as NonNullable<CommitLoop['seen']>
  const task = state.task(instance.task) as Task
  const { manager } = state.session as Session
  const job = jobOf(instance, task, { uid: loop.uid, version, manager, storage: settings.storageKey })
  try {
    const runner = engine.runner(job.runner) as Runner
    const answer = await within(settings.clock, settings.commandTimeout, runner.dispatch(job, { repeated, extras: task.configuration.extras }))
    if (answer !== timedOut) return answer
    tell(engine, job, 'the runner did not answer in time')
  } catch (error) {
    tell(engine, job, String(error))
  }
  return null
}

function tell({ settings }: Engine, { uid, instance, runner, id }: Job, error: string): void {
  settings.logger.warn('A hand-over failed; it is repeated later.', { uid, instance, runner, job: id, error })
}
