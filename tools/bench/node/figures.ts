import { startRedis } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'

import { atLeast, atMost } from '../figure.js'
import type { Figure } from '../figure.js'
import { alternate, fine, ratio } from '../measure.js'
import type { Variant } from '../measure.js'
import { commandsOf } from '../redis/counting.js'
import { buildThreads } from './build.js'
import { burst, joinsInLanes, secondEvent } from './joins.js'
import type { Ground, Peer } from './peer.js'
import { FlowJoin } from './peers/flow-producer.js'
import { LockAndBlob } from './peers/lock-and-blob.js'
import { LuaJoin } from './peers/lua-join.js'
import { MachineSnapshots } from './peers/machine-snapshots.js'
import { TriggerkitJoin } from './peers/triggerkit.js'
import { threadFigures } from './threads.js'

const LANES = 64
const FEWER_LANES = 16
/** So many joins of each a slice. */
const JOINS = 512

interface Place {
  readonly ground: Ground
  readonly client: Redis
}

/** Everything that is measured with BullMQ on a Redis of its own, without persistence, on loopback, and with worker_threads. */
export async function nodeFigures(): Promise<readonly Figure[]> {
  const server = await startRedis({ settings: { appendonly: 'no' } })
  const client = new Redis(server.url)
  const threads = await buildThreads()
  try {
    const place = { ground: { url: server.url, concurrency: LANES }, client }
    return [...(await queued(place)), ...(await here(place)), ...(await threadFigures(threads))]
  } finally {
    await threads.remove()
    client.disconnect()
    await server.stop()
  }
}

/** The task by BullMQ, ours and theirs. */
async function queued({ ground, client }: Place): Promise<readonly Figure[]> {
  const peers = [
    await new TriggerkitJoin(ground, 'BullMQ').open(),
    await new LuaJoin(ground).open(),
    new LockAndBlob(ground),
    new MachineSnapshots(ground, 'BullMQ'),
    new FlowJoin(ground),
  ] as const
  const [own, lua] = peers
  const figures = [
    ...(await queuedLatency(own, lua, client)),
    ...(await queuedRates(peers)),
    await scriptsOfJoin(own, client),
  ]
  for (const peer of peers) await peer.close()
  return figures
}

async function queuedLatency(own: Peer, lua: Peer, client: Redis): Promise<readonly Figure[]> {
  const [ours, theirs] = await fine([secondEvent(own, client), secondEvent(lua, client)], { rounds: 9, operations: 150 })
  const what = 'from the second event to the start of the task, over a join by hand'
  return [atMost('J2', what, ratio(ours, theirs), { unit: '×', goal: 1.12, gate: 1.3 })]
}

async function queuedRates(peers: readonly [own: Peer, lua: Peer, lock: Peer, machine: Peer, flow: Peer]): Promise<readonly Figure[]> {
  const [own, lua, lock, machine, flow] = await lanes(peers.map((peer) => joinsInLanes(peer, LANES, JOINS)))
  const [ownBurst, luaBurst] = await lanes(peers.slice(0, 2).map((peer) => burst(peer, LANES, 2_000)))
  const unit = '×'
  return [
    atLeast('J1', 'joins per second on Redis and BullMQ, 64 sessions in flight, over a join by hand', ratio(own, lua), { unit, goal: 0.9, gate: 0.7 }),
    atLeast('J1.burst', 'the same for 2,000 sessions at once', ratio(ownBurst, luaBurst), { unit, goal: 0.9, gate: 0.7 }),
    atLeast('J4.lock', 'the same as J1 over a session as one text under a lock', ratio(own, lock), { unit, goal: 1.1, gate: 0.95 }),
    atLeast('J4.machine', 'the same over snapshots of XState without a lock', ratio(own, machine), { unit, goal: 1.4, gate: 1.2 }),
    atLeast('J4.flow', 'the same over FlowProducer', ratio(own, flow), { unit, goal: 3, gate: 2.2 }),
  ]
}

/** What a join costs exactly, in calls of scripts, ours and those of BullMQ. */
async function scriptsOfJoin(own: Peer, client: Redis): Promise<Figure> {
  const joins = 1_000
  const calls = await commandsOf(client, joinsInLanes(own, FEWER_LANES, joins), 1)
  return atMost('J3', 'calls of scripts a join, 16 sessions in flight', calls / joins, { unit: 'calls', goal: 7.1, gate: 8.2 })
}

/** The task in this process, beside the join by hand whose task runs by BullMQ. */
async function here({ ground, client }: Place): Promise<readonly Figure[]> {
  const peers = [
    await new TriggerkitJoin(ground, 'here').open(),
    await new LuaJoin(ground).open(),
    new MachineSnapshots(ground, 'here'),
  ] as const
  const [own, lua, machine] = await lanes(peers.map((peer) => joinsInLanes(peer, LANES, JOINS)))
  const [ownTime, luaTime, machineTime] = await fine(peers.map((peer) => secondEvent(peer, client)), { rounds: 9, operations: 150 })
  for (const peer of peers) await peer.close()
  const unit = '×'
  return [
    atLeast('J5', 'joins per second on Redis, task in process, over a join by hand on BullMQ', ratio(own, lua), { unit, goal: 5, gate: 3 }),
    atMost('J5.p50', 'from its second event to the start of the task, over the same', ratio(ownTime, luaTime), { unit, goal: 0.22, gate: 0.3 }),
    atLeast('J5.machine', 'joins per second, over snapshots of XState, task in process', ratio(own, machine), { unit, goal: 2, gate: 1 }),
    atMost('J5.machine.p50', 'from the second event to the start, over the same', ratio(ownTime, machineTime), { unit, goal: 0.65, gate: 1 }),
  ]
}

function lanes(variants: readonly Variant[]): Promise<readonly number[][]> {
  return alternate(variants, { rounds: 7, operations: variants.map(() => 1) })
}
