import type { Worker } from 'node:worker_threads'

import type { Job } from '@triggerkit/contracts'

import { workerThreadsRunner } from '../index.js'
import type { WorkerThreadsRunner, WorkerThreadsRunnerOptions } from '../index.js'
import { bundle, bundledWorker } from './bundle.js'
import { FakeHost } from './fake-host.js'
import type { Told } from './fake-host.js'

const worker = await bundledWorker()
const tasks = await bundle("export * from './fakes/tasks.js'")

/** All threads of this process that live. */
const living = new Set<Worker>()
process.on('worker', (thread: Worker) => {
  living.add(thread)
  thread.once('exit', () => living.delete(thread))
})

/** Resolves once that many threads live. */
export async function threadsLeft(count: number): Promise<void> {
  while (living.size !== count) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** A started runner with its host; closed without draining when its scope ends. */
export class Workbench {
  readonly runner: WorkerThreadsRunner
  readonly host: FakeHost = new FakeHost()
  #jobs = 0

  constructor(options: Partial<WorkerThreadsRunnerOptions> = {}) {
    this.runner = workerThreadsRunner({ tasks, worker, threads: 1, grace: 100, ...options })
  }

  static async open(options?: Partial<WorkerThreadsRunnerOptions>): Promise<Workbench> {
    const bench = new Workbench(options)
    await bench.runner.start(bench.host)
    return bench
  }

  job(run: string): Job {
    this.#jobs += 1
    const names = { storage: 'memory', manager: 'default', uid: 's', incarnation: 'i1', task: 't', runner: 'worker-threads' }
    return { id: `job-${this.#jobs}`, ...names, run, instance: `t#${this.#jobs}`, round: 1, attempt: 1, notBefore: null }
  }

  async dispatch(job: Job): Promise<Job> {
    await this.runner.dispatch(job)
    return job
  }

  /** Hands a job over and resolves when its function is heard of for the first time. */
  async begun(run: string): Promise<{ readonly job: Job; readonly told: Told }> {
    const job = this.job(run)
    const begun = this.host.begun(job.id)
    await this.dispatch(job)
    await begun
    return { job, told: this.told(job) }
  }

  /** What became of a job that runs to its end. */
  async run(run: string, kwargs: Parameters<FakeHost['kwargs']['set']>[1] = {}): Promise<Told> {
    const job = this.job(run)
    this.host.kwargs.set(job.id, kwargs)
    await this.dispatch(job)
    await this.runner.idle()
    return this.told(job)
  }

  told({ id }: Job): Told {
    return this.host.told.get(id) as Told
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner.close({ drain: false })
  }
}

/** The result of what finished. */
export function resultOf({ outcome, error }: Told): unknown {
  if (outcome?.kind !== 'finished') throw error ?? new Error(`It ended otherwise: ${JSON.stringify(outcome)}`)
  return outcome.result
}
