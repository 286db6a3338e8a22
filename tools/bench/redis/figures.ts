import type { Triggers } from '@triggerkit/engine'
import { startRedis } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'

import { atLeast, atMost } from '../figure.js'
import type { Figure } from '../figure.js'
import { coldFire, coldFireBeside, fireBeside, firesTogether, hotSession, warmFire } from '../fires.js'
import { alternate, fine, ratio } from '../measure.js'
import type { Variant } from '../measure.js'
import { application, applicationBy } from './application.js'
import { commandsOf, bytesOf } from './counting.js'
import { onOneCpu } from './one-cpu.js'
import { otherProcess } from './other-process.js'
import { loadScripts, lockPattern, rawCommit, rawTogether } from './raw.js'

const LANES = 64
const HOT = 16
/** How many commits and fires each of the lanes does in one slice. */
const COMMITS = 80
const FIRES = 15

/** Everything that is measured on a Redis of its own, without persistence, on loopback. */
export async function redisFigures(): Promise<readonly Figure[]> {
  const server = await startRedis({ settings: { appendonly: 'no' } })
  const client = new Redis(server.url)
  try {
    await loadScripts(client)
    return [
      ...(await onOneCpu([server.pid], () => latency(server.url, client))),
      ...(await throughput(server.url, client)),
      ...(await hot(server.url, client)),
      ...(await exact(server.url, client)),
      ...(await growth(server.url, client)),
    ]
  } finally {
    client.disconnect()
    await server.stop()
  }
}

async function latency(url: string, client: Redis): Promise<readonly Figure[]> {
  const [triggers, other] = [application(url), application(url)]
  const variants = [rawCommit(client), warmFire(triggers), coldFire(triggers, other), lockPattern(client)]
  const [raw, warm, cold, lock] = await fine(variants, { rounds: 9, operations: 300 })
  await Promise.all([triggers.close(), other.close()])
  return [
    atMost('R1', 'fire on Redis, session known, over a raw EVALSHA', ratio(warm, raw), { unit: '×', goal: 1.25, gate: 1.5 }),
    atMost('R2', 'fire on Redis, session not known, over a raw EVALSHA', ratio(cold, raw), { unit: '×', goal: 2.3, gate: 2.7 }),
    atMost('R2.lock', 'the same over the pattern of lock and list', ratio(cold, lock), { unit: '×', goal: 0.75, gate: 1 }),
  ]
}

async function throughput(url: string, client: Redis): Promise<readonly Figure[]> {
  const open = (): Triggers => application(url)
  const fires = [firesTogether(open, LANES, FIRES), firesTogether(open, LANES, FIRES, false)]
  const slices = await alternate([rawTogether(client, LANES, COMMITS), ...fires], { rounds: 7, operations: [1, 1, 1] })
  await Promise.all(fires.map((variant) => variant.close()))
  const [raw, warm, cold] = slices.map((rates, variant) => rates.map((rate) => rate * (variant === 0 ? COMMITS : FIRES)))
  return [
    atLeast('R3', 'fires per second, 64 sessions in flight, over raw EVALSHA', ratio(warm, raw), { unit: '×', goal: 1.2, gate: 0.6 }),
    atLeast('R3.cold', 'the same where no session is known', ratio(cold, raw), { unit: '×', goal: 0.42, gate: 0.3 }),
  ]
}

/** 16 fires at once in one session, by one process and by two, beside one raw commit after the other. */
async function hot(url: string, client: Redis): Promise<readonly Figure[]> {
  const triggers = application(url)
  const other = await otherProcess(url, 'hot')
  const shared = triggers.manager('hot')
  const both: Variant = {
    name: 'two processes',
    prepare: () => async () => {
      await Promise.all([other.fire(HOT / 2), ...Array.from({ length: HOT / 2 }, () => shared.fire('B'))])
    },
  }
  const variants = [rawCommit(client), hotSession([triggers.manager('warm')], HOT), both]
  const [raw, one, two] = await alternate(variants, { rounds: 7, operations: [800, 60, 60] })
  await Promise.all([triggers.close(), other.stop()])
  const fires = (rates: readonly number[] | undefined): readonly number[] => (rates ?? []).map((rate) => rate * HOT)
  return [
    atLeast('R4', 'fires per second in one session, 16 at once, over one raw EVALSHA after the other', ratio(fires(one), raw), { unit: '×', goal: 5, gate: 1 }),
    atLeast('R4.two', 'the same from two processes', ratio(fires(two), raw), { unit: '×', goal: 2, gate: 0.45 }),
  ]
}

/** What one fire costs exactly: calls of scripts, and nothing else. */
async function exact(url: string, client: Redis): Promise<readonly Figure[]> {
  const [triggers, other] = [application(url), application(url)]
  const limits = { unit: 'calls' }
  const warm = await commandsOf(client, warmFire(triggers), 100)
  const cold = await commandsOf(client, coldFire(triggers, other), 100)
  await Promise.all([triggers.close(), other.close()])
  return [
    atMost('R5', 'calls a fire, session known', warm, { ...limits, goal: 1, gate: 1 }),
    atMost('R5.cold', 'calls a fire, session not known', cold, { ...limits, goal: 2, gate: 2 }),
  ]
}

async function growth(url: string, client: Redis): Promise<readonly Figure[]> {
  const triggers = application(url)
  const sessions = [await fireBeside(triggers, 10), await fireBeside(triggers, 10_000), await fireBeside(triggers, 100_000)] as const
  const cold = sessions.map(({ uid }) => coldFireBeside(() => applicationBy(client), uid))
  // First, because each fire leaves an instance that the next one loads.
  const [fewCold, manyCold, mostCold] = await fine(cold, { rounds: 9, operations: 30 })
  const [few, many, most] = await fine(sessions, { rounds: 9, operations: 200 })
  const [bytes, manyBytes, mostBytes] = [await bytesOf(client, sessions[0], 100), await bytesOf(client, sessions[1], 100), await bytesOf(client, sessions[2], 100)]
  await Promise.all([triggers.close(), ...cold.map((variant) => variant.close())])
  const [time, wire] = [{ unit: '×', goal: 1.1, gate: 1.25 }, { unit: '×', goal: 1.05, gate: 1.1 }]
  return [
    atMost('G1', 'fire on Redis beside 10,000 finished instances, over beside 10', ratio(many, few), time),
    atMost('G1.100k', 'the same beside 100,000', ratio(most, few), time),
    atMost('G1.cold', 'fire on Redis beside 10,000, session not known, over beside 10', ratio(manyCold, fewCold), time),
    atMost('G1.cold.100k', 'the same beside 100,000', ratio(mostCold, fewCold), time),
    atMost('G4.redis', 'bytes on the wire of a fire beside 10,000, over beside 10', manyBytes / bytes, wire),
    atMost('G4.redis.100k', 'the same beside 100,000', mostBytes / bytes, wire),
  ]
}
