import { createHash } from 'node:crypto'

import type { JsonObject } from '@triggerkit/contracts'
import { Redis } from 'ioredis'

import type { EventName, Ground, Peer } from '../peer.js'
import { TaskBook } from '../task-book.js'
import { BullQueue } from './bull-queue.js'

/** Keeps an event; who brings the second gets both. */
const JOIN = `if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 or redis.call('HLEN', KEYS[1]) < 2 then return false end
redis.call('EXPIRE', KEYS[1], 600)
return redis.call('HGETALL', KEYS[1])`
const SHA = createHash('sha1').update(JOIN).digest('hex')

/**
 * The join written by hand (a1): a script for each event, then BullMQ; the task's start and result are recorded. It loses the
 * task if the process dies between script and queue.
 */
export class LuaJoin implements Peer {
  readonly name = 'Lua join + BullMQ'
  readonly book: TaskBook = new TaskBook()
  readonly #client: Redis
  readonly #queue: BullQueue

  constructor(ground: Ground) {
    this.#client = new Redis(ground.url)
    this.#queue = new BullQueue('lua-join', ground, ({ data }) => this.#perform(data['session'] as string))
  }

  async open(): Promise<this> {
    await this.#client.script('LOAD', JOIN)
    return this
  }

  async event(uid: string, name: EventName, kwargs: JsonObject): Promise<void> {
    const joined = (await this.#client.evalsha(SHA, 1, keyOf(uid), name, JSON.stringify(kwargs))) as readonly string[] | null
    if (joined === null) return
    const [event = '', text = '', otherEvent = '', otherText = ''] = joined
    await this.#queue.add(uid, { [event]: JSON.parse(text) as JsonObject, [otherEvent]: JSON.parse(otherText) as JsonObject })
  }

  async close(): Promise<void> {
    await this.#queue.close()
    this.#client.disconnect()
  }

  async #perform(uid: string): Promise<void> {
    await this.#client.hset(keyOf(uid), 'status', 'running')
    this.book.started(uid)
    await this.#client.hset(keyOf(uid), 'status', 'finished', 'result', '{}')
    this.book.ended(uid)
  }
}

function keyOf(uid: string): string {
  return `lua-join:${uid}`
}
