import type { ExecutionReport, Job, RunnerHost } from '@triggerkit/contracts'
import { DelayedError, WaitingError, Worker } from 'bullmq'
import type { Job as BullJob } from 'bullmq'

import { openForWorker } from './connections.js'
import type { Opened, TellError } from './connections.js'
import type { Settings } from './options.js'
import { LONGEST_DELAY } from './producer.js'
import { toJob, toJobError } from './protocol.js'
import type { JobData, JobResult } from './protocol.js'
import { atMost } from './time-limit.js'

/** What of BullMQ's options is not its default; the README says why. */
const WORKER = { lockDuration: 8_000, stalledInterval: 2_000, maxStalledCount: Number.MAX_SAFE_INTEGER } as const

/** How long what closes may wait for Redis, in milliseconds. */
const LONGEST_FAREWELL = 2_000

/** A job that runs here, or is about to. */
interface Running {
  readonly bull: BullJob<JobData, JobResult>
  readonly token: string
  readonly job: Job
  readonly ended: Promise<unknown>
}

/**
 * BullMQ's own close waits for a connection to end before it stops renewing locks; one that was about to connect again never says that it
 * has ended, and the timer of the renewal would keep the process alive for ever.
 */
class MortalWorker extends Worker<JobData, JobResult> {
  async endRenewal(): Promise<void> {
    await this.lockManager.close()
  }
}

/** Executes the jobs of one queue, by a worker of BullMQ's with connections of its own. */
export class Consumer {
  readonly queue: string
  readonly #settings: Settings
  readonly #host: RunnerHost
  readonly #connection: Opened
  readonly #worker: MortalWorker
  readonly #running = new Set<Running>()
  #closing = false
  /** How many jobs were taken so far: a sign of life. */
  taken = 0

  constructor(queue: string, settings: Settings, { host, tell }: { readonly host: RunnerHost; readonly tell: TellError }) {
    this.queue = queue
    this.#settings = settings
    this.#host = host
    this.#connection = openForWorker(settings, tell)
    this.#worker = this.#open(tell)
  }

  /** Whether it could take one more job. */
  get hasRoom(): boolean {
    return this.#running.size < this.#settings.concurrency
  }

  /** Resolves once the worker has reached Redis. */
  async ready(): Promise<void> {
    await this.#worker.waitUntilReady()
  }

  /**
   * Takes no more jobs. Waits for those that run until `hurried` resolves, and then hands them back: to whoever takes them next they
   * are no longer due, for the engine begins each anew.
   */
  async close(hurried: Promise<void>): Promise<void> {
    this.#closing = true
    // The worker's own close would end neither waiting nor renewing locks before the last job has ended.
    this.#worker.pause(true).catch(() => undefined)
    await Promise.race([this.#drained(), hurried])
    const cut = [...this.#running]
    await atMost(LONGEST_FAREWELL, Promise.all(cut.map(({ bull, token }) => bull.moveToWait(token).catch(() => undefined))))
    await atMost(LONGEST_FAREWELL, this.#worker.close(cut.length > 0))
    await this.#worker.endRenewal()
    for (const client of [this.#connection.client, ...this.#connection.copies]) client.disconnect()
  }

  async #drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running].map(({ ended }) => ended))
  }

  #open(tell: TellError): MortalWorker {
    const { prefix, telemetry, concurrency, limiter, workerOptions } = this.#settings
    const optional = { ...(telemetry !== null && { telemetry }), ...(limiter !== null && { limiter }) }
    const options = { ...WORKER, ...workerOptions, ...optional, prefix, concurrency, connection: this.#connection.client }
    const worker = new MortalWorker(this.queue, (bull, token) => this.#process(bull, token as string), options)
    worker.on('error', (error) => {
      if (!this.#closing) tell(error)
    })
    worker.on('lockRenewalFailed', (ids) => this.#lose(ids))
    return worker
  }

  async #process(bull: BullJob<JobData, JobResult>, token: string): Promise<JobResult> {
    this.taken += 1
    if (this.#closing) return handBack(bull, token)
    const job = toJob(bull.id, bull.data)
    const early = (job.notBefore ?? 0) - this.#host.now()
    if (early > 0) return putBack(bull, token, early)
    const execution = this.#execute(job)
    const running = { bull, token, job, ended: execution }
    this.#running.add(running)
    try {
      const report = await execution
      if (report.outcome === 'failed') throw toJobError(report.error)
      return { outcome: report.outcome }
    } finally {
      this.#running.delete(running)
    }
  }

  async #execute(job: Job): Promise<ExecutionReport> {
    try {
      return await this.#host.execute(job)
    } catch (error) {
      const { uid, instance, runner, id } = job
      const message = `The execution of ${instance} could not be completed; the sweep will look at it.`
      this.#host.logger.error(message, { error: String(error), runner, job: id, uid, instance })
      throw error
    }
  }

  /** Another worker may get jobs whose locks ran out: what runs here no longer counts (reliability: A1). */
  #lose(ids: readonly string[]): void {
    for (const { job } of [...this.#running].filter(({ job }) => ids.includes(job.id))) {
      const { uid, instance, runner, id } = job
      this.#host.abort(job)
      this.#host.logger.warn(`The lock of ${instance} was lost; its execution here was aborted.`, { uid, instance, runner, job: id })
    }
  }
}

async function handBack(bull: BullJob, token: string): Promise<never> {
  await bull.moveToWait(token)
  throw new WaitingError()
}

/** The time until a job is due is the storage's to tell; BullMQ's delay is by the clocks of producer and worker. */
async function putBack(bull: BullJob, token: string, early: number): Promise<never> {
  await bull.moveToDelayed(Date.now() + Math.min(Math.ceil(early), LONGEST_DELAY), token)
  throw new DelayedError()
}
