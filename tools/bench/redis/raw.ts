import { createHash } from 'node:crypto'

import type { Redis } from 'ioredis'

import { inLanes } from '../measure.js'
import type { Variant } from '../measure.js'

/*
 * What Redis can do at best: one script that compares a version, writes three fields of 200 bytes and appends an entry of
 * 150. Everything on Redis is measured by it.
 */
const COMPARE_AND_SET = `local v = redis.call('HGET', KEYS[1], 'v') or '0'
if v ~= ARGV[1] then return {0, v} end
redis.call('HSET', KEYS[1], 'f1', ARGV[2], 'f2', ARGV[3], 'f3', ARGV[4])
local n = redis.call('HINCRBY', KEYS[1], 'v', 1)
redis.call('RPUSH', KEYS[2], ARGV[5])
return {1, n}`
const SHA = createHash('sha1').update(COMPARE_AND_SET).digest('hex')
const FIELD = 'x'.repeat(200)
const ENTRY = 'y'.repeat(150)

let sessions = 0

/** Sessions of the raw pattern, each with its version. */
export class RawSessions {
  readonly #client: Redis
  readonly #run = `raw-${(sessions += 1)}`
  readonly #versions = new Map<number, number>()

  constructor(client: Redis) {
    this.#client = client
  }

  /** One compare-and-set on the session of that number. */
  async commit(session: number): Promise<void> {
    const version = this.#versions.get(session) ?? 0
    const key = `${this.#run}:${session}`
    const [done] = (await this.#client.evalsha(SHA, 2, key, `${this.#run}:outbox`, version, FIELD, FIELD, FIELD, ENTRY)) as [number]
    if (done !== 1) throw new Error('The raw commit lost against nobody.')
    this.#versions.set(session, version + 1)
  }
}

/** Makes the scripts known to the server. */
export async function loadScripts(client: Redis): Promise<void> {
  await client.script('LOAD', COMPARE_AND_SET)
}

/** One raw commit at a time, on another session each. */
export function rawCommit(client: Redis): Variant {
  return {
    name: 'EVALSHA',
    prepare() {
      const raw = new RawSessions(client)
      return (index) => raw.commit(index)
    },
  }
}

/** `each` raw commits in each of so many lanes, which have a session of their own. */
export function rawTogether(client: Redis, lanes: number, each: number): Variant {
  return {
    name: `EVALSHA ×${lanes}`,
    prepare() {
      const raw = new RawSessions(client)
      return () => inLanes(lanes, each, (lane) => raw.commit(lane))
    },
  }
}

/** What many write by hand instead: a lock, the state read and written, an entry for a queue, the lock given back. Five round trips. */
export function lockPattern(client: Redis): Variant {
  const UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
  return {
    name: 'lock + RPUSH',
    async prepare(count) {
      const run = `lock-${(sessions += 1)}`
      for (let index = 0; index < count; index += 1) await client.set(`${run}:${index}`, FIELD.repeat(3))
      return async (index) => {
        const key = `${run}:${index}`
        await client.set(`${key}:lock`, 'me', 'PX', 10_000, 'NX')
        const state = await client.get(key)
        await client.set(key, state as string)
        await client.rpush(`${run}:outbox`, ENTRY)
        await client.eval(UNLOCK, 1, `${key}:lock`, 'me')
      }
    },
  }
}
