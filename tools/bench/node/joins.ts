import type { Redis } from 'ioredis'

import type { Variant } from '../measure.js'
import type { EventName, Peer } from './peer.js'

const KWARGS = { A: { id: 1, text: 'hello world' }, B: { id: 2, list: [1, 2, 3] } } as const

let runs = 0

/** So many lanes, each of which fires both events of a session and waits for its task to start before it takes the next. */
export function joinsInLanes(peer: Peer, lanes: number, joins: number): Variant {
  return ofLanes(`${peer.name} ×${lanes}`, { peer, lanes, joins }, async (number, uid) => {
    const start = peer.book.start(uid)
    await bothEvents(peer, number, uid)
    await start
  })
}

/** The same with lanes that don't wait: ends with the last start. */
export function burst(peer: Peer, lanes: number, joins: number): Variant {
  const starts: Promise<void>[] = []
  const { prepare, ...variant } = ofLanes(`${peer.name}, burst`, { peer, lanes, joins }, async (number, uid) => {
    starts.push(peer.book.start(uid))
    await bothEvents(peer, number, uid)
  })
  return {
    ...variant,
    async prepare(count) {
      const run = await prepare(count)
      return async (index) => {
        await run(index)
        await Promise.all(starts.splice(0))
      }
    },
  }
}

/** From the call that fires the second event to the task's first line. */
export function secondEvent(peer: Peer, client: Redis): Variant {
  return {
    name: peer.name,
    async prepare(count) {
      const run = nextRun()
      for (let index = 0; index < count; index += 1) await fire(peer, `${run}-${index}`, first(index))
      return async (index) => {
        const start = peer.book.start(`${run}-${index}`)
        await Promise.all([start, fire(peer, `${run}-${index}`, second(index))])
      }
    },
    async settle() {
      await peer.book.quiet()
      // By then a worker waits for its next job.
      for (let times = 0; times < 3; times += 1) await client.ping()
    },
  }
}

interface Lanes {
  readonly peer: Peer
  readonly lanes: number
  readonly joins: number
}

function ofLanes(name: string, { peer, lanes, joins }: Lanes, join: (number: number, uid: string) => Promise<void>): Variant {
  return {
    name,
    prepare: () => async () => {
      const run = nextRun()
      let next = 0
      const lane = async (): Promise<void> => {
        for (let number = next++; number < joins; number = next++) await join(number, `${run}-${number}`)
      }
      await Promise.all(Array.from({ length: lanes }, lane))
    },
    settle: () => peer.book.quiet(),
  }
}

function nextRun(): string {
  return `join-${(runs += 1)}`
}

async function bothEvents(peer: Peer, number: number, uid: string): Promise<void> {
  await fire(peer, uid, first(number))
  await fire(peer, uid, second(number))
}

function fire(peer: Peer, uid: string, name: EventName): Promise<unknown> {
  return peer.event(uid, name, KWARGS[name])
}

/** In half of the sessions it is the other. */
function first(number: number): EventName {
  return number % 2 === 0 ? 'A' : 'B'
}

function second(number: number): EventName {
  return first(number + 1)
}
