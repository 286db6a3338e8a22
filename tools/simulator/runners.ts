import type { Acceptance, DispatchAnswer, DispatchOptions, Job, Runner, RunnerHost, Timer } from '@triggerkit/contracts'
import { TriggerkitError } from '@triggerkit/contracts'

import type { Consumer, JobQueue } from './job-queue.js'
import type { Network } from './network.js'
import type { Life } from './scheduler.js'
import { MISSING } from './tasks.js'

/** One process's end of a queue that all processes share. */
export class QueueRunner implements Runner {
  readonly key = 'queue'
  readonly capabilities: { readonly durable: boolean; readonly delays: boolean; readonly cancels: boolean }
  readonly #queue: JobQueue
  readonly #network: Network
  readonly #life: Life
  readonly #running = new Map<string, Promise<void>>()
  readonly #delayed = new Map<string, Timer>()
  readonly #consumer: Consumer
  #host: RunnerHost | null = null
  #closed = false

  constructor(queue: JobQueue, network: Network, life: Life, delays: boolean) {
    this.capabilities = { durable: true, delays, cancels: false }
    this.#queue = queue
    this.#network = network
    this.#life = life
    this.#consumer = { life, has: (jobId) => this.#running.has(jobId) || this.#delayed.has(jobId), take: (job) => this.#take(job) }
  }

  /** A queue can't tell what all those who take from it know. */
  accepts(run: string): Acceptance {
    return run === MISSING ? 'unknown' : 'yes'
  }

  dispatch(job: Job, { repeated }: DispatchOptions): Promise<DispatchAnswer> {
    const detail = `${job.instance} as ${job.id}${repeated ? ' again' : ''}`
    return this.#call('dispatch', detail, async () => this.#queue.add(job))
  }

  async start(host: RunnerHost): Promise<void> {
    this.#host = host
    this.#queue.join(this.#consumer)
  }

  cancel(jobId: string): Promise<void> {
    return this.#call('cancel', jobId, async () => this.#queue.end(jobId))
  }

  async idle(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    this.#closed = true
    this.#queue.leave(this.#consumer)
    for (const timer of this.#delayed.values()) this.#host?.clock.clearTimer(timer)
    this.#delayed.clear()
    if (drain) await this.idle()
  }

  #take(job: Job): void {
    const host = this.#host as RunnerHost
    // What was on its way when it closed is delivered to others.
    if (this.#closed || this.#consumer.has(job.id)) return
    const wait = this.capabilities.delays && job.notBefore !== null ? job.notBefore - host.now() : 0
    if (wait > 0) this.#delayed.set(job.id, host.clock.setTimer(() => this.#takeDelayed(job), wait))
    else this.#running.set(job.id, this.#run(job, host))
  }

  #takeDelayed(job: Job): void {
    this.#delayed.delete(job.id)
    this.#take(job)
  }

  async #run(job: Job, host: RunnerHost): Promise<void> {
    try {
      await host.execute(job)
    } catch (error) {
      host.logger.warn(`The execution of ${job.instance} could not be completed.`, { error: String(error) })
    }
    this.#running.delete(job.id)
    // The queue finds out by itself about a report that gets lost, and delivers the job once more.
    this.#call('report', job.id, async () => this.#queue.end(job.id)).catch(() => undefined)
  }

  #call<TAnswer>(label: 'dispatch' | 'cancel' | 'report', detail: string, serve: () => Promise<TAnswer>): Promise<TAnswer> {
    return this.#network.call({ life: this.#life, server: 'runner', label, detail, serve })
  }
}

/** The real in-process runner, its hand-overs passing the scheduler. */
export class InProcessRunner implements Runner {
  readonly key = 'inline'
  readonly capabilities: Runner['capabilities']
  readonly #inner: Runner
  readonly #network: Network
  readonly #life: Life

  constructor(inner: Runner, network: Network, life: Life) {
    this.capabilities = inner.capabilities
    this.#inner = inner
    this.#network = network
    this.#life = life
  }

  accepts(run: string): Acceptance {
    return run === MISSING ? 'no' : 'yes'
  }

  dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer> {
    const detail = `${job.instance} as ${job.id}${options.repeated ? ' again' : ''}`
    const serve = async (): Promise<DispatchAnswer> => {
      // A process that has ended takes nothing more into its memory.
      if (!this.#life.alive) throw new TriggerkitError('Closed', 'The process is gone.')
      return this.#inner.dispatch(job, options)
    }
    return this.#network.call({ life: this.#life, server: 'runner', label: 'dispatch', detail, serve })
  }

  async start(host: RunnerHost): Promise<void> {
    // By the clock it only measures when to let the event loop turn, which is the scheduler's affair here.
    const clock = { monotonic: () => 0, setTimer: host.clock.setTimer.bind(host.clock), clearTimer: host.clock.clearTimer.bind(host.clock) }
    await this.#inner.start({ clock, logger: host.logger, now: () => host.now(), execute: (job, invoke) => host.execute(job, invoke), abort: (job) => host.abort(job) })
  }

  cancel(jobId: string): Promise<void> {
    return this.#inner.cancel(jobId)
  }

  idle(): Promise<void> {
    return this.#inner.idle()
  }

  close(options: { readonly drain: boolean }): Promise<void> {
    return this.#inner.close(options)
  }
}
