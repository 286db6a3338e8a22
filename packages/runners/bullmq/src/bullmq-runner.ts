import { API_VERSION, TriggerkitError } from '@triggerkit/contracts'
import type {
  Acceptance,
  DispatchAnswer,
  DispatchOptions,
  Job,
  Runner,
  RunnerCapabilities,
  RunnerDescriptor,
  RunnerHost,
} from '@triggerkit/contracts'

import { reasonOf } from './connections.js'
import { Consumer } from './consumer.js'
import { toSettings } from './options.js'
import type { BullmqRunnerOptions, Settings } from './options.js'
import { Producer } from './producer.js'
import type { HandOver } from './producer.js'
import { queueOf } from './routing.js'
import { within } from './time-limit.js'
import { Watchdog } from './watchdog.js'

const CAPABILITIES: RunnerCapabilities = { durable: true, delays: true, cancels: false }

/** How often `idle` looks, in milliseconds: at first, and at last. */
const FIRST_LOOK = 20
const LAST_LOOK = 500

/** For how long after a warning of trouble the next one is kept back, in milliseconds. */
const QUIET = 10_000

/**
 * Hands jobs to queues of BullMQ's, from which the workers of all started processes take them. A process that is never started
 * only hands over: it opens no worker and needs no task code.
 */
export class BullmqRunner implements Runner {
  readonly key: string
  readonly capabilities: RunnerCapabilities = CAPABILITIES
  readonly #settings: Settings
  readonly #producer: Producer
  readonly #consumers = new Map<string, Consumer>()
  /** Workers that were replaced, and what becomes of the jobs that still run there. */
  readonly #leaving = new Set<Promise<void>>()
  readonly #hurried = signal()
  readonly #ended = signal()
  #host: RunnerHost | null = null
  #watchdog: Watchdog | null = null
  #starting: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #toldAt = -Infinity

  /** @throws `InvalidArgument` for an invalid option */
  constructor(options: BullmqRunnerOptions) {
    this.#settings = toSettings(options)
    this.key = this.#settings.key
    this.#producer = new Producer(this.#settings, (error) => this.#tell(error))
  }

  /** What the workers can run, no other process knows. */
  accepts(_run: string): Acceptance {
    return 'unknown'
  }

  /** @throws `StorageUnavailable` if Redis did not answer in time; `InvalidArgument` for a route to no queue; `Closed` */
  async dispatch(job: Job, { repeated, extras }: DispatchOptions): Promise<DispatchAnswer> {
    this.#assertOpen()
    // Before the start the storage's time is not known; whoever takes the job looks again.
    const now = this.#host?.now() ?? Date.now()
    const handOver: HandOver = {
      queue: queueOf(this.#settings, job, extras),
      job,
      options: this.#settings.jobOptions(job, extras),
      delay: job.notBefore === null ? 0 : job.notBefore - now,
    }
    return repeated ? this.#producer.addAgain(handOver) : this.#producer.add(handOver)
  }

  /**
   * Opens a worker for each queue that this process consumes. If it rejects for Redis's sake, it can be repeated.
   * @throws `InvalidArgument` if it has been started; `Closed`; `StorageUnavailable`; `StorageRefused` where Redis may evict jobs
   */
  async start(host: RunnerHost): Promise<void> {
    this.#assertOpen()
    if (this.#host !== null) {
      const message = `The runner '${this.key}' has been started already; give each engine a runner of its own.`
      throw new TriggerkitError('InvalidArgument', message, { details: { runner: this.key } })
    }
    this.#host = host
    this.#starting = this.#start(host)
    return this.#starting
  }

  /** Takes back a job that waits. One that runs is left to its aborted signal: code in the same process can't be stopped. */
  async cancel(jobId: string): Promise<void> {
    if (this.#closing === null) await this.#producer.remove(jobId)
  }

  /** Resolves when nothing waits or runs in any queue of this runner, whoever handed it over and wherever it runs. */
  async idle(): Promise<void> {
    let isIdle = false
    let pause = FIRST_LOOK
    while (!isIdle && this.#closing === null) {
      isIdle = await this.#isIdle()
      if (!isIdle) await within(pause, this.#ended.given, async () => undefined)
      pause = Math.min(pause * 1.5, LAST_LOOK)
    }
    if (!isIdle) await this.#ended.given
  }

  /**
   * Takes no more jobs and begins none: what waits is left to others. With `drain` it waits for those that run here; without, it
   * gives them back, and whoever takes them finds them no longer due. It settles though Redis be gone.
   */
  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    if (!drain) this.#hurried.give()
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #start(host: RunnerHost): Promise<void> {
    const { timeout, consume, watchdog } = this.#settings
    try {
      await this.#producer.check()
      this.#assertOpen()
      const ready = consume.map((queue) => this.#consume(queue, host).ready())
      await within<unknown>(timeout, Promise.all(ready), () => Promise.reject(lateError(this.key, timeout)))
      this.#assertOpen()
    } catch (error) {
      if (this.#closing === null) await this.#release(Promise.resolve())
      this.#host = null
      throw error
    }
    if (watchdog !== null && consume.length > 0) this.#watch(host, watchdog)
  }

  #consume(queue: string, host: RunnerHost): Consumer {
    const consumer = new Consumer(queue, this.#settings, { host, tell: (error) => this.#tell(error) })
    this.#consumers.set(queue, consumer)
    return consumer
  }

  #watch(host: RunnerHost, limit: number): void {
    this.#watchdog = new Watchdog({
      host,
      limit,
      workers: () => this.#consumers.values(),
      next: (queue) => this.#producer.next(queue),
      stopped: ({ queue }, facts) => {
        host.logger.warn(`The worker of the queue '${queue}' had stopped taking jobs, and is replaced.`, { runner: this.key, queue, ...facts })
        this.#replace(queue, host)
      },
    })
    this.#watchdog.begin()
  }

  /** A new worker takes over; the old one keeps the locks of what still runs there. */
  #replace(queue: string, host: RunnerHost): void {
    const leaving = (this.#consumers.get(queue) as Consumer).close(this.#hurried.given)
    this.#leaving.add(leaving)
    void leaving.finally(() => this.#leaving.delete(leaving))
    this.#consume(queue, host)
  }

  async #close(): Promise<void> {
    this.#watchdog?.end()
    await this.#release(this.#hurried.given)
    await this.#starting?.catch(() => undefined)
    this.#producer.close()
    this.#ended.give()
  }

  async #release(hurried: Promise<void>): Promise<void> {
    const consumers = [...this.#consumers.values()]
    await Promise.all([...consumers.map((consumer) => consumer.close(hurried)), ...this.#leaving])
    this.#consumers.clear()
  }

  async #isIdle(): Promise<boolean> {
    try {
      if ((await this.#producer.count()) > 0) return false
      // What one queue's job hands to another can hide from a first look.
      return this.#settings.queues.length === 1 || (await this.#producer.count()) === 0
    } catch {
      // While Redis is gone nobody knows.
      return false
    }
  }

  /** Tells of errors, but not of each: in an outage there is one at every attempt to connect. */
  #tell(error: unknown): void {
    if (this.#closing !== null || this.#host === null) return
    const now = this.#host.clock.monotonic()
    if (now - this.#toldAt < QUIET) return
    this.#toldAt = now
    try {
      this.#host.logger.warn(`The runner '${this.key}' has trouble with Redis or BullMQ.`, { runner: this.key, error: reasonOf(error) })
    } catch {
      // A logger that throws in an 'error' event would end the process, and there is nobody else to tell.
      return
    }
  }

  #assertOpen(): void {
    if (this.#closing === null) return
    const message = `The runner '${this.key}' is closed and takes no more jobs; make a new one.`
    throw new TriggerkitError('Closed', message, { details: { runner: this.key } })
  }
}

function lateError(key: string, timeout: number): TriggerkitError {
  const message = `The workers of the runner '${key}' did not reach Redis within ${timeout} ms. Start it again later.`
  return new TriggerkitError('StorageUnavailable', message, { details: { runner: key } })
}

/** Something that happens once and is awaited by many. */
interface Signal {
  readonly given: Promise<void>
  readonly give: () => void
}

function signal(): Signal {
  let give!: () => void
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give }
}

/**
 * A runner whose jobs wait in Redis for the workers of BullMQ.
 * @throws `InvalidArgument` for an invalid option
 * @example `bullmqRunner({ connection: 'redis://localhost:6379', queue: 'survey' })`
 */
export function bullmqRunner(options: BullmqRunnerOptions): BullmqRunner {
  return new BullmqRunner(options)
}

/** The descriptor that registers the BullMQ runner under `bullmq`. */
export const bullmqRunnerDescriptor: RunnerDescriptor<[options: BullmqRunnerOptions]> = {
  kind: 'runner',
  key: 'bullmq',
  package: '@triggerkit/runners-bullmq',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: bullmqRunner,
}
