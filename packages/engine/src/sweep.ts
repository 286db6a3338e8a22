import { isTriggerkitError } from '@triggerkit/contracts'
import type { DueSession, RunnerCapabilities } from '@triggerkit/contracts'
import type { HandOver, Instance, Session } from '@triggerkit/core'
import type { CommitLoop } from './commit-loop.js'
import { commandWork } from './command-work.js'
import type { Engine } from './engine.js'
import { give } from './hand-over.js'
import { ownHooks } from './manager-traits.js'
import { dueSince, FIRST_REPEAT, nextLook } from './next-look.js'

const SESSIONS_A_SWEEP = 100

/** Looks after every session whose wake-up has come: repeats hand-overs, and takes up work whose owner died. */
export async function sweep(engine: Engine): Promise<void> {
  const { storage, logger } = engine.settings
  for (;;) {
    const { sessions } = await engine.call(() => storage.due(SESSIONS_A_SWEEP))
    const swept = sessions.map((due) =>
      sweepSession(engine, due).catch((error: unknown) => {
        // The claim runs out, and the session comes up again.
        logger.warn('A session could not be swept; it will be tried again later.', { uid: due.uid, error: String(error) })
      }),
    )
    await Promise.all(swept)
    if (sessions.length < SESSIONS_A_SWEEP || engine.closing) return
  }
}

async function sweepSession(engine: Engine, { uid, version }: DueSession): Promise<void> {
  const loop = engine.loop(uid)
  try {
    await loop.refresh()
  } catch (error) {
    if (!isTriggerkitError(error, 'UnsupportedFormat')) throw error
    return untreatable(engine, { uid, version }, 'the session was written by a newer release')
  }
  const { seen } = loop
  if (seen === null || seen.state.session === null) return
  const { manager } = seen.state.session
  if (!engine.traits.has(manager)) return untreatable(engine, { uid, version }, `there is no manager ${JSON.stringify(manager)}`)
  const alive = await lookAfter(engine, loop)
  if (loop.seen !== null) await loop.postpone(loop.seen.version, nextLookAt(engine, uid, loop.seen.state.inFlight(), alive))
}

/** When to look at a session again after having done so; `null` if nothing is in flight. */
function nextLookAt(engine: Engine, uid: string, inFlight: readonly Instance[], alive: ReadonlyMap<string, number>): number | null {
  const { owner: { lookEvery }, settings: { sweepEvery } } = engine
  const now = engine.time.now()
  const known = inFlight.filter(({ handOver }) => engine.runner((handOver as HandOver).runner) !== undefined)
  const looks = known.map((instance) => {
    const { runner, owner } = instance.handOver as HandOver
    // Its owner may die at any time, and is known to be dead when its lease has run out, not later.
    const next = nextLook(instance, engine.runner(runner), now, Math.min(lookEvery, (alive.get(owner ?? '') ?? Infinity) - now))
    // What is due at once was just looked after; if that failed, it must not be tried again in the same breath.
    return Math.max(next ?? Infinity, now + Math.min(lookEvery, sweepEvery))
  })
  if (known.length < inFlight.length) looks.push(engine.untreatable.putOff(uid, now))
  return looks.length === 0 ? null : Math.min(...looks)
}

async function untreatable(engine: Engine, { uid, version }: DueSession, why: string): Promise<void> {
  engine.warnOnce(`Sessions are left to other processes: ${why} here.`)
  await engine.loop(uid).postpone(version, engine.untreatable.putOff(uid, engine.time.now()))
}

/** @returns the owners that live */
async function lookAfter(engine: Engine, loop: CommitLoop): Promise<ReadonlyMap<string, number>> {
  const inFlight = loop.seen?.state.inFlight() ?? []
  const owners = new Set(inFlight.flatMap(({ handOver }) => handOver?.owner ?? []))
  const alive = owners.size === 0 ? new Map<string, number>() : await engine.owner.alive([...owners])
  await Promise.all(inFlight.map((instance) => lookAfterInstance(engine, loop, instance, alive)))
  return alive
}

/** Looks after what this process holds in a session, and after nothing else. */
export async function lookAfterOwn(engine: Engine, uid: string): Promise<void> {
  const { id } = engine.owner
  const loop = engine.loop(uid)
  await loop.refresh()
  const { seen } = loop
  // Commands under way hold the state back: nobody else would look, since this process lives.
  if (seen === null) return engine.looseEnds.add(uid, engine.time.now())
  if (id === null || !engine.traits.has(seen.state.session?.manager ?? '')) return
  const own = seen.state.inFlight().filter(({ handOver }) => handOver?.owner === id)
  await Promise.all(own.map((instance) => lookAfterInstance(engine, loop, instance, new Map([[id, Infinity]]))))
  engine.looseEnds.expect(seen, own)
  for (const instance of own) if (isOrphan(engine, uid, instance)) engine.looseEnds.add(uid, graceEnd(engine, instance))
}

async function lookAfterInstance(engine: Engine, loop: CommitLoop, instance: Instance, alive: ReadonlyMap<string, number>): Promise<void> {
  const { runner } = instance.handOver as HandOver
  const known = engine.runner(runner)
  if (known === undefined) return engine.warnOnce(`Instances are left to other processes: there is no runner ${JSON.stringify(runner)} here.`)
  switch (needOf(engine, loop.uid, instance, { capabilities: known.capabilities, alive })) {
    case 'repeat':
      return repeat(engine, loop, instance)
    case 'requeue':
      return requeue(engine, loop, instance, false)
    case 'take up':
      return requeue(engine, loop, instance, true)
    case 'nothing':
  }
}

type Need = 'nothing' | 'repeat' | 'requeue' | 'take up'

interface Circumstances {
  readonly capabilities: RunnerCapabilities
  /** The owners that live, with the ends of their leases. */
  readonly alive: ReadonlyMap<string, number>
}

function needOf(engine: Engine, uid: string, instance: Instance, { capabilities: { durable, delays }, alive }: Circumstances): Need {
  const { owner, notBefore } = instance.handOver as HandOver
  const now = engine.time.now()
  const own = owner !== null && owner === engine.owner.id
  const lives = owner !== null && alive.has(owner)
  if (instance.status === 'running') {
    // An owner that isn't known by a lease, and this process itself, get as long as a lease would have given them.
    if (owner === null || own) return isOrphan(engine, uid, instance) && now >= graceEnd(engine, instance) ? 'take up' : 'nothing'
    return lives ? 'nothing' : 'take up'
  }
  if (!delays && notBefore !== null && notBefore > now) return 'nothing'
  if (durable) return now < dueSince(instance.handOver as HandOver) + FIRST_REPEAT ? 'nothing' : 'repeat'
  // Whether a job is still there, only the process knows whose memory holds it.
  if (lives) return own ? 'repeat' : 'nothing'
  return engine.owner.id === null ? 'nothing' : 'requeue'
}

/** Whether nobody is known to execute an instance that runs. */
function isOrphan(engine: Engine, uid: string, { status, name, epoch }: Instance): boolean {
  return status === 'running' && !engine.executions.has(uid, name, epoch)
}

function graceEnd({ settings }: Engine, { handOver }: Instance): number {
  return (handOver as HandOver).since + settings.lease
}

async function repeat(engine: Engine, loop: CommitLoop, instance: Instance): Promise<void> {
  if (loop.seen === null) return
  const answer = await give(engine, loop.seen, instance, true)
  if (answer === 'spent') await requeue(engine, loop, instance, false)
}

async function requeue(engine: Engine, loop: CommitLoop, instance: Instance, lost: boolean): Promise<void> {
  const { name, epoch } = instance
  const traits = engine.managerTraits((loop.seen?.state.session as Session).manager)
  const { maxLosses } = engine.settings
  const hooks = ownHooks(engine, loop.uid, traits)
  await loop.submit(commandWork(traits, { type: 'requeue', instance: name, epoch, lost, maxLosses }, { patient: false, hooks }))
}
