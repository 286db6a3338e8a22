import { TriggerkitError } from '@triggerkit/contracts'
import type { DispatchAnswer, Job } from '@triggerkit/contracts'
import { Queue } from 'bullmq'
import type { JobState } from 'bullmq'

import { assertKeepsJobs, openForCalls, reasonOf } from './connections.js'
import type { Client, TellError } from './connections.js'
import type { BullmqJobOptions, Settings } from './options.js'
import { toJobData } from './protocol.js'
import type { JobData, JobResult } from './protocol.js'
import { within } from './time-limit.js'

type JobQueue = Queue<JobData, JobResult>

/** A hand-over: the queue, the job, and BullMQ's options of it. */
export interface HandOver {
  readonly queue: string
  readonly job: Job
  readonly options: BullmqJobOptions
  /** How long it must wait, in milliseconds, as far as this process knows. */
  readonly delay: number
}

/** By a job far in the future BullMQ's scores would lose their precision; one that comes up early is put back. */
export const LONGEST_DELAY: number = 30 * 86_400_000

const UNENDED = ['wait', 'active', 'prioritized', 'delayed', 'waiting-children'] as const
const WAITING: ReadonlySet<JobState | 'unknown'> = new Set(['waiting', 'prioritized', 'delayed', 'waiting-children'])

/** What is asked of queues, by a process that hands over and by one that executes. Every call ends within the time limit. */
export class Producer {
  readonly #settings: Settings
  readonly #tell: TellError
  #client: Client | null = null
  readonly #queues = new Map<string, JobQueue>()
  #connecting: Promise<void> | null = null
  #lastError: Error | null = null
  #closed = false

  constructor(settings: Settings, tell: TellError) {
    this.#settings = settings
    this.#tell = tell
  }

  /** @throws `StorageUnavailable`; `StorageRefused` where Redis may evict jobs */
  async check(): Promise<void> {
    const { allowEviction, queue } = this.#settings
    await this.#ask(queue, async () => {
      if (!allowEviction) await assertKeepsJobs(this.#client as Client)
    })
  }

  /** @throws `StorageUnavailable` */
  async add(handOver: HandOver): Promise<DispatchAnswer> {
    const { job: { id, run }, options, delay } = handOver
    const data = toJobData(handOver.job)
    const own = { jobId: id, attempts: 1, delay: Math.min(Math.max(0, Math.ceil(delay)), LONGEST_DELAY) }
    await this.#ask(handOver.queue, (queue) => queue.add(run, data, { ...options, ...own }))
    return 'taken'
  }

  /**
   * Hands a job over once more: looks what became of it. BullMQ itself swallows a job whose id it still knows, in whatever state
   * (reliability: finding 3).
   * @throws `StorageUnavailable`
   */
  async addAgain(handOver: HandOver): Promise<DispatchAnswer> {
    const { job: { id }, queue: name, delay } = handOver
    const state = await this.#ask(name, (queue) => queue.getJobState(id))
    if (state === 'completed' || state === 'failed') return 'spent'
    if (state === 'delayed' && delay <= 0) await this.#promote(name, id)
    if (state !== 'unknown') return 'present'
    // A job in no list is one that BullMQ lost: nobody would take it, and its id is no longer free.
    const lost = await this.#ask(name, (queue) => queue.getJob(id))
    return lost === undefined ? this.add(handOver) : 'spent'
  }

  /** A job whose time has come was delayed by a clock that goes wrong, or no worker was there to bring it up. */
  async #promote(name: string, id: string): Promise<void> {
    await this.#ask(name, async (queue) => {
      const job = await queue.getJob(id)
      // Refused where it has come up in between.
      await job?.promote().catch(() => undefined)
    })
  }

  /** Takes back a job that waits, in whatever queue. */
  async remove(id: string): Promise<void> {
    const removed = this.#settings.queues.map((name) =>
      this.#ask(name, async (queue) => {
        if (WAITING.has(await queue.getJobState(id))) await queue.remove(id)
      }),
    )
    await Promise.all(removed)
  }

  /** How many jobs wait or run, in all queues. */
  async count(): Promise<number> {
    const counts = this.#settings.queues.map((name) => this.#ask(name, (queue) => queue.getJobCountByTypes(...UNENDED)))
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }

  /** The id of the job that is next in a queue whose jobs may be taken now; `null` if there is none. */
  async next(name: string): Promise<string | null> {
    return this.#ask(name, async (queue) => {
      const [next] = await queue.getJobs(['wait', 'prioritized'], 0, 0, true)
      if (next?.id === undefined || (await queue.isPaused()) || (await queue.isMaxed())) return null
      return (await queue.getRateLimitTtl(this.#settings.limiter?.max)) > 0 ? null : next.id
    })
  }

  close(): void {
    this.#closed = true
    this.#release()
  }

  /** @throws `StorageUnavailable` when the time limit has passed or Redis has refused */
  async #ask<TAnswer>(name: string, ask: (queue: JobQueue) => Promise<TAnswer>): Promise<TAnswer> {
    const { timeout } = this.#settings
    const answer = this.#queue(name).then(ask)
    try {
      return await within(timeout, answer, () => Promise.reject(this.#lastError ?? new Error(`there was no answer within ${timeout} ms`)))
    } catch (error) {
      if (error instanceof TriggerkitError) throw error
      const message = `The queue '${name}' did not answer: ${reasonOf(error)}. The call may or may not have been carried out; try again.`
      throw new TriggerkitError('StorageUnavailable', message, { details: { queue: name } })
    }
  }

  /** A queue over a connection that is there; the caller has a time limit. */
  async #queue(name: string): Promise<JobQueue> {
    await this.#connected()
    const queue = this.#queues.get(name) ?? this.#openQueue(name)
    try {
      await queue.waitUntilReady()
    } catch (error) {
      // A queue whose first greeting failed would answer so for ever. It lets go of the connection, and leaves it open.
      this.#queues.delete(name)
      queue.close().catch(() => undefined)
      throw error
    }
    return queue
  }

  /** Waits for the connection, together with everybody who does: an outage may be long, and its callers many. */
  async #connected(): Promise<void> {
    // A connection whose retries were given up, as the application's own options may say, is replaced.
    if (this.#client?.status === 'end') this.#release()
    if (this.#closed) throw new Error('the runner is closed')
    const client = (this.#client ??= this.#connect())
    if (client.status === 'ready') return
    this.#connecting ??= readiness(client).finally(() => {
      this.#connecting = null
    })
    await this.#connecting
  }

  #connect(): Client {
    const client = openForCalls(this.#settings, (error) => this.#hear(error))
    client.on('ready', () => {
      this.#lastError = null
    })
    return client
  }

  #openQueue(name: string): JobQueue {
    const { prefix, telemetry, queueOptions } = this.#settings
    const options = { ...queueOptions, prefix, connection: this.#client as Client, ...(telemetry !== null && { telemetry }) }
    const queue: JobQueue = new Queue<JobData, JobResult>(name, options)
    queue.on('error', (error) => this.#hear(error))
    this.#queues.set(name, queue)
    return queue
  }

  #hear(error: Error): void {
    this.#lastError = error
    this.#tell(error)
  }

  #release(): void {
    this.#queues.clear()
    this.#client?.disconnect()
    this.#client = null
  }
}

function readiness(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      client.off('ready', settle).off('end', settle)
      if (client.status === 'ready') resolve()
      else reject(new Error('the connection was given up'))
    }
    client.on('ready', settle).on('end', settle)
  })
}
