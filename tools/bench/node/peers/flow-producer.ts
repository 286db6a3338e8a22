import type { JsonObject } from '@triggerkit/contracts'
import { FlowProducer, Worker } from 'bullmq'
import { Redis } from 'ioredis'

import type { EventName, Ground, Peer } from '../peer.js'
import { TaskBook } from '../task-book.js'

const REMOVE = { removeOnComplete: true, removeOnFail: true }

/**
 * BullMQ's own join (b1): the task is a job whose children, the events, must be done before. All of them are given at once, with
 * the second event; the first waits in this process's memory, which a crash would lose.
 */
export class FlowJoin implements Peer {
  readonly name = 'FlowProducer'
  readonly book: TaskBook = new TaskBook()
  readonly #flows: FlowProducer
  readonly #workers: readonly Worker[]
  readonly #connections: readonly Redis[]
  readonly #firsts = new Map<string, { readonly name: EventName; readonly kwargs: JsonObject }>()

  constructor({ url, concurrency }: Ground) {
    const [calls, waits] = [new Redis(url), new Redis(url, { maxRetriesPerRequest: null })]
    this.#connections = [calls, waits]
    this.#flows = new FlowProducer({ connection: calls })
    const options = { connection: waits, concurrency }
    this.#workers = [
      new Worker<JsonObject>('flow-events', async ({ data }) => data, options),
      new Worker<JsonObject>('flow-tasks', async (job) => {
        await job.getChildrenValues()
        this.book.started(job.data['session'] as string)
        this.book.ended(job.data['session'] as string)
      }, options),
    ]
  }

  async event(uid: string, name: EventName, kwargs: JsonObject): Promise<void> {
    const first = this.#firsts.get(uid)
    if (first === undefined) {
      this.#firsts.set(uid, { name, kwargs })
      return
    }
    this.#firsts.delete(uid)
    const children = [first, { name, kwargs }].map((event) => ({ name: event.name, queueName: 'flow-events', data: event.kwargs, opts: REMOVE }))
    await this.#flows.add({ name: 't_join', queueName: 'flow-tasks', data: { session: uid }, opts: { jobId: uid, ...REMOVE }, children })
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await worker.close()
    await this.#flows.close()
    for (const connection of this.#connections) connection.disconnect()
  }
}
