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
  const { uid, state } = seen
  const { extras } = (state.task(instance.task) as Task).configuration
  const job = jobIn(engine, seen, instance)
  const runner = engine.runner(job.runner) as Runner
  try {
    return await engine.limited(runner.dispatch(job, { repeated, extras }))
  } catch (error) {
    tell(engine, job, error)
    // A job in this process's memory is nobody else's to repeat.
    if (!runner.capabilities.durable) engine.looseEnds.add(uid, engine.time.now())
    return null
  }
}

/**
 * Takes back from their runners the jobs that still wait for their time although their instances are no longer to run: each would
 * keep its runner, and whoever waits for that, until then. One that is due is dropped when its turn comes.
 * @param now - what has become of an instance
 */
export function takeBack(engine: Engine, seen: Readonly<Seen>, names: Iterable<string>, now: (name: string) => Instance | undefined): void {
  for (const name of names) {
    const instance = seen.state.instance(name)
    const notBefore = instance?.handOver?.notBefore ?? 0
    if (instance?.status !== 'scheduled' || notBefore <= engine.time.now()) continue
    const status = now(name)?.status
    if (status !== 'scheduled' && status !== 'running') void engine.cancel(jobIn(engine, seen, instance))
  }
}

/** As {@link takeBack}, of all that this process has in its memory. */
export function takeBackOwn(engine: Engine, seen: Readonly<Seen>, now: (name: string) => Instance | undefined): void {
  const { id } = engine.owner
  if (id === null) return
  const own = seen.state.inFlight().filter(({ handOver }) => handOver?.owner === id)
  takeBack(engine, seen, own.map(({ name }) => name), now)
}

function jobIn({ settings }: Engine, { uid, state, version }: Readonly<Seen>, instance: Instance): Job {
  const { manager } = state.session as Session
  return jobOf(instance, state.task(instance.task) as Task, { uid, version, manager, storage: settings.storageKey })
}

function tell({ settings }: Engine, { uid, instance, runner, id }: Job, error: unknown): void {
  settings.logger.warn('A hand-over failed; it will be repeated later.', { uid, instance, runner, job: id, error: String(error) })
}
