import type { JsonObject } from '@triggerkit/contracts'
import { Queue, Worker } from 'bullmq'
import type { Job } from 'bullmq'
import { Redis } from 'ioredis'

import type { Ground } from '../peer.js'

/** A queue of BullMQ's with a worker in this process, as its documentation has it. */
export class BullQueue {
  readonly #queue: Queue<JsonObject>
  readonly #worker: Worker<JsonObject>
  readonly #connections: readonly Redis[]

  constructor(name: string, { url, concurrency }: Ground, process: (job: Job<JsonObject>) => Promise<unknown>) {
    // A worker's connection must wait for ever.
    const [calls, waits] = [new Redis(url), new Redis(url, { maxRetriesPerRequest: null })]
    this.#connections = [calls, waits]
    this.#queue = new Queue(name, { connection: calls, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } })
    this.#worker = new Worker(name, process, { connection: waits, concurrency })
  }

  async add(uid: string, kwargs: JsonObject): Promise<void> {
    await this.#queue.add('t_join', { session: uid, kwargs }, { jobId: uid })
  }

  async close(): Promise<void> {
    await this.#worker.close()
    await this.#queue.close()
    for (const connection of this.#connections) connection.disconnect()
  }
}
