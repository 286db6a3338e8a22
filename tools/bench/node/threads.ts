import { randomUUID } from 'node:crypto'

import type { JsonObject } from '@triggerkit/contracts'

import { atLeast, atMost } from '../figure.js'
import type { Figure } from '../figure.js'
import { alternate, fine, ratio } from '../measure.js'
import type { Variant } from '../measure.js'
import type { Built } from './build.js'
import { comlinkThread, ownThread, piscinaThread } from './peers/threads.js'
import type { ThreadPeer } from './peers/threads.js'

const LANES = 64

/** A task in a thread and its result, beside Comlink and Piscina: one thread each, which echoes what it is given. */
export async function threadFigures(built: Built): Promise<readonly Figure[]> {
  const peers = [await ownThread(built, LANES), await comlinkThread(built), piscinaThread(built, LANES)] as const
  const [own, comlink, piscina] = await fine(peers.map(oneTask), { rounds: 9, operations: 1_000 })
  const [ownMany, comlinkMany, piscinaMany] = await alternate(peers.map(manyTasks), { rounds: 9, operations: [60, 60, 60] })
  for (const peer of peers) await peer.close()
  const unit = '×'
  return [
    atMost('W1', 'a task in a thread, over a call of Comlink', ratio(own, comlink), { unit, goal: 1.15, gate: 1.3 }),
    atMost('W1.piscina', 'the same over a run of Piscina; to know', ratio(own, piscina), { unit, goal: 1.15, gate: 10 }),
    atLeast('W2', 'tasks per second in a thread, 64 in flight, over a call of Comlink each', ratio(ownMany, comlinkMany), { unit, goal: 2, gate: 0.8 }),
    atLeast('W2.piscina', 'the same over a run of Piscina each; to know', ratio(ownMany, piscinaMany), { unit, goal: 1, gate: 0 }),
  ]
}

function oneTask({ name, perform }: ThreadPeer): Variant {
  return {
    name,
    prepare(count) {
      const payloads = Array.from({ length: count }, payload)
      return async (index) => void (await perform(payloads[index] as JsonObject))
    },
  }
}

function manyTasks({ name, perform }: ThreadPeer): Variant {
  return {
    name: `${name} ×${LANES}`,
    prepare(count) {
      const payloads = Array.from({ length: count * LANES }, payload)
      return async (index) => void (await Promise.all(payloads.slice(index * LANES, (index + 1) * LANES).map((kwargs) => perform(kwargs))))
    },
  }
}

/** Each of its own: of the same object in one message, a structured clone makes one. */
function payload(): JsonObject {
  return { a: { id: randomUUID(), text: 'hello world' }, b: { id: 2, list: [1, 2, 3] } }
}
