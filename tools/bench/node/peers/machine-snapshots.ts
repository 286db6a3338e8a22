import type { JsonObject } from '@triggerkit/contracts'
import { Redis } from 'ioredis'
import { createActor } from 'xstate'
import type { Snapshot } from 'xstate'

import { joinMachine } from '../../join-machine.js'
import type { EventName, Ground, Peer } from '../peer.js'
import { TaskBook } from '../task-book.js'
import { BullQueue } from './bull-queue.js'

/**
 * A machine of XState's for each session, whose snapshot is read, restored and written at each event; no lock, so that two events
 * at once lose one of them, and neither start nor result is recorded. The task runs in this process (c1), or by BullMQ (c2).
 */
export class MachineSnapshots implements Peer {
  readonly name: string
  readonly book: TaskBook = new TaskBook()
  readonly #client: Redis
  readonly #queue: BullQueue | null

  constructor(ground: Ground, where: 'here' | 'BullMQ') {
    this.name = `XState snapshots, ${where}`
    this.#client = new Redis(ground.url)
    this.#queue = where === 'here' ? null : new BullQueue('machine-snapshots', ground, async ({ data }) => this.#perform(data['session'] as string))
  }

  async event(uid: string, name: EventName, kwargs: JsonObject): Promise<void> {
    const key = `${this.#queue === null ? 'here' : 'queued'}:${uid}`
    const text = await this.#client.get(key)
    const actor = createActor(joinMachine, text === null ? {} : { snapshot: JSON.parse(text) as Snapshot<unknown> }).start()
    actor.send({ type: name, kwargs })
    await this.#client.set(key, JSON.stringify(actor.getPersistedSnapshot()), 'EX', 600)
    const { status, context } = actor.getSnapshot()
    if (status !== 'done') return
    if (this.#queue === null) this.#perform(uid)
    else await this.#queue.add(uid, context.kwargs)
  }

  async close(): Promise<void> {
    await this.#queue?.close()
    this.#client.disconnect()
  }

  #perform(uid: string): void {
    this.book.started(uid)
    this.book.ended(uid)
  }
}
