import { randomUUID } from 'node:crypto'
import { setTimeout as elapse } from 'node:timers/promises'

import type { JsonObject } from '@triggerkit/contracts'
import { Redis } from 'ioredis'

import type { EventName, Ground, Peer } from '../peer.js'
import { TaskBook } from '../task-book.js'
import { BullQueue } from './bull-queue.js'

const UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
const LOCK_MS = 10_000

/** The session as one text that is read and written under a lock (a3), then BullMQ; neither start nor result is recorded. */
export class LockAndBlob implements Peer {
  readonly name = 'lock and blob + BullMQ'
  readonly book: TaskBook = new TaskBook()
  readonly #client: Redis
  readonly #queue: BullQueue

  constructor(ground: Ground) {
    this.#client = new Redis(ground.url, { scripts: { unlock: { lua: UNLOCK, numberOfKeys: 1 } } })
    this.#queue = new BullQueue('lock-and-blob', ground, async ({ data }) => {
      this.book.started(data['session'] as string)
      this.book.ended(data['session'] as string)
    })
  }

  async event(uid: string, name: EventName, kwargs: JsonObject): Promise<void> {
    const session = await this.#locked(uid, async () => {
      const text = await this.#client.get(keyOf(uid))
      const known = text === null ? {} : (JSON.parse(text) as JsonObject)
      const session = { ...known, [name]: kwargs }
      await this.#client.set(keyOf(uid), JSON.stringify(session), 'EX', 600)
      return session
    })
    if (Object.keys(session).length === 2) await this.#queue.add(uid, session)
  }

  async close(): Promise<void> {
    await this.#queue.close()
    this.#client.disconnect()
  }

  async #locked<TResult>(uid: string, act: () => Promise<TResult>): Promise<TResult> {
    const [lock, token] = [`${keyOf(uid)}:lock`, randomUUID()]
    while ((await this.#client.set(lock, token, 'PX', LOCK_MS, 'NX')) === null) await elapse(1)
    try {
      return await act()
    } finally {
      await (this.#client as Redis & { unlock(key: string, token: string): Promise<number> }).unlock(lock, token)
    }
  }
}

function keyOf(uid: string): string {
  return `lock-and-blob:${uid}`
}
