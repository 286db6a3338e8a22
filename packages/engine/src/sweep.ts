import type { DueSession } from '@triggerkit/contracts'
import type { HandOver, Instance, Session } from '@triggerkit/core'
import type { CommitLoop } from './commit-loop.js'
import { commandWork } from './command-work.js'
import type { Engine } from './engine.js'
import { give } from './hand-over.js'
import { nextLook } from './next-look.js'
import { isTriggerkitError } from '@triggerkit/contracts'

const SESSIONS_A_SWEEP = 100
/** How far a session is put off that this process can't treat, in milliseconds. */
const UNTREATABLE_PAUSE = 60_000

/** Looks after every session whose wake-up has come: repeats hand-overs, and takes up work whose owner died. */
export async function sweep(engine: Engine): Promise<void> {
  const { storage, logger } = engine.settings
  for (;;) {
    const { sessions } = await engine.call(() => storage.due(SESSIONS_A_SWEEP))
    await Promise.all(
      sessions.map((due) =>
        sweepSession(engine, due).catch((error: unknown) => {
          // The claim runs out, and the session comes up again.
          logger.warn('A session could not be swept; it is looked at again later.', { uid: due.uid, error: String(error) })
        }),
      ),
    )
    if (sessions.length < SESSIONS_A_SWEEP || engine.owner.id === null) return
  }
}

async function sweepSession(engine: Engine, { uid, version }: DueSession): Promise<void> {
  const { storage } = engine.settings
  const loop = engine.loop(uid)
  try {
    await loop.refresh()
  } catch (error) {
    if (!isTriggerkitError(error, 'UnsupportedFormat')) throw error
    return untreatable(engine, { uid, version }, 'the session was written by a newer release')
  }
  const seen = loop.seen
  if (seen === null || seen.state.session === null) return
  if (!engine.traits.has(seen.state.session.manager)) {
    return untreatable(engine, { uid, version }, `there is no manager ${JSON.stringify(seen.state.session.manager)}`)
  }
  await lookAfter(engine, loop)
  const now = loop.seen
  if (now === null) return
  const looks = now.state.inFlight().map((instance) => lookAt(engine, instance))
  await engine.call(() => storage.postpone(uid, now.version, looks.length === 0 ? null : Math.min(...looks)))
}

function lookAt(engine: Engine, instance: Instance): number {
  const { handOver } = instance
  if (handOver !== null && engine.runner(handOver.runner) === undefined) return engine.time.now() + UNTREATABLE_PAUSE
  const runner = engine.runnerTraits(handOver?.runner ?? '')
  const look = nextLook(instance, runner, engine.time.now(), engine.settings.lease) ?? Infinity
  // What is due at once was just looked after; if that failed, it must not be tried again in the same breath.
  return Math.max(look, engine.time.now() + engine.settings.sweepEvery)
}

async function untreatable(engine: Engine, { uid, version }: DueSession, why: string): Promise<void> {
  engine.warnOnce(`Sessions are left to other processes: ${why} here.`, {})
  const wakeAt = engine.time.now() + UNTREATABLE_PAUSE
  await engine.call(() => engine.settings.storage.postpone(uid, version, wakeAt))
}

async function lookAfter(engine: Engine, loop: CommitLoop): Promise<void> {
  const inFlight = loop.seen?.state.inFlight() ?? []
  const owners = new Set(inFlight.flatMap(({ handOver }) => handOver?.owner ?? []))
  const alive = owners.size === 0 ? new Set<string>() : await engine.owner.alive([...owners])
  for (const instance of inFlight) await lookAfterInstance(engine, loop, instance, alive)
}

async function lookAfterInstance(engine: Engine, loop: CommitLoop, instance: Instance, alive: ReadonlySet<string>): Promise<void> {
  const { owner, runner, notBefore } = instance.handOver as HandOver
  const known = engine.runner(runner)
  if (known === undefined) {
    engine.warnOnce(`Instances are left to other processes: there is no runner ${JSON.stringify(runner)} here.`, {})
    return
  }
  const lives = owner !== null && alive.has(owner)
  if (instance.status === 'running') return lives ? undefined : requeue(engine, loop, instance, true)
  if (!known.capabilities.delays && notBefore !== null && notBefore > engine.time.now()) return
  if (!known.capabilities.durable) return lives ? repeatOwn(engine, loop, instance) : requeue(engine, loop, instance, false)
  await repeat(engine, loop, instance)
}

// Whether a job is still there, only the process knows whose memory holds it.
async function repeatOwn(engine: Engine, loop: CommitLoop, instance: Instance): Promise<void> {
  if (instance.handOver?.owner === engine.owner.id) await repeat(engine, loop, instance)
}

async function repeat(engine: Engine, loop: CommitLoop, instance: Instance): Promise<void> {
  const answer = await give(engine, loop, instance, true)
  if (answer === 'spent') await requeue(engine, loop, instance, false)
}

async function requeue(engine: Engine, loop: CommitLoop, instance: Instance, lost: boolean): Promise<void> {
  const { name, epoch, attempt } = instance
  const traits = engine.managerTraits((loop.seen?.state.session as Session).manager)
  const { maxLosses } = engine.settings
  await loop.submit(commandWork(traits, { type: 'requeue', instance: name, epoch, attempt, lost, maxLosses }, { patient: false }))
}
