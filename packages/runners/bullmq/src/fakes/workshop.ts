import type { Job, JsonObject } from '@triggerkit/contracts'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'

import { BullmqRunner } from '../index.js'
import type { BullmqRunnerOptions } from '../index.js'
import type { FakeHost } from './fake-host.js'

export const FIRST_TIME = { repeated: false, extras: {} } as const
export const AGAIN = { repeated: true, extras: {} } as const

/** Waits until something holds; @throws after 15 s, saying what did not happen */
export async function until(holds: () => unknown, what: string, limit: number = 15_000): Promise<void> {
  const end = Date.now() + limit
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not happen within ${limit} ms that ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Runners, and BullMQ as a dashboard sees it, over queues that no other test uses; all is closed with the workshop. */
export class Workshop {
  readonly queue: string = `test-${Math.random().toString(36).slice(2)}`
  readonly url: string
  readonly redis: Redis
  readonly #open: (() => Promise<unknown>)[] = []
  #jobs = 0

  constructor(url: string) {
    this.url = url
    this.redis = new Redis(url, { maxRetriesPerRequest: null })
    this.redis.on('error', () => undefined)
  }

  runner(options: Partial<BullmqRunnerOptions> = {}): BullmqRunner {
    const runner = new BullmqRunner({ connection: this.url, queue: this.queue, ...options })
    this.#open.push(() => runner.close({ drain: false }))
    return runner
  }

  async started(host: FakeHost, options: Partial<BullmqRunnerOptions> = {}): Promise<BullmqRunner> {
    const runner = this.runner(options)
    await runner.start(host)
    return runner
  }

  /** What a dashboard made for BullMQ sees. */
  dashboard(queue: string = this.queue): Queue {
    const dashboard = new Queue(queue, { connection: this.redis })
    dashboard.on('error', () => undefined)
    return dashboard
  }

  job(differing: Partial<Job> = {}): Job {
    this.#jobs += 1
    const names = { storage: 'redis', manager: 'default', uid: 'questionnaire:42', incarnation: 'k3x9', runner: 'bullmq' }
    const task = { task: 't_importSubject', run: 'app.importSubject', instance: `t_importSubject#${this.#jobs}` }
    return { id: `t-k3x9-0-${this.#jobs.toString(36)}-1-1`, ...names, ...task, round: 1, attempt: 1, notBefore: null, ...differing }
  }

  async handOver(runner: BullmqRunner, extras: JsonObject = {}, differing: Partial<Job> = {}): Promise<Job> {
    const job = this.job(differing)
    await runner.dispatch(job, { repeated: false, extras })
    return job
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((close) => close()))
    this.redis.disconnect()
  }
}
