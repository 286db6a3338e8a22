import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import type { CancelSignal, Clock, ExecutionReport, Invoke, Job, JsonObject, JsonValue, RunnerHost, TaskCall } from '@triggerkit/contracts'
import { systemClock } from '@triggerkit/engine'
import { workerThreadsRunner } from '@triggerkit/runners-worker-threads'
import { wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { Piscina } from 'piscina'

import type { Built } from '../build.js'
import type { Echo } from './comlink-thread.js'

/** Threads get JavaScript: what this process needs for TypeScript would slow each of them. */
const NO_LOADER: string[] = []

/** Something that has a thread run a task, which gives its kwargs back. */
export interface ThreadPeer {
  readonly name: string
  perform(kwargs: JsonObject): Promise<unknown>
  close(): Promise<void>
}

/** Ourselves: the runner, with no engine around it. */
export async function ownThread({ thread }: Built, tasksPerThread: number): Promise<ThreadPeer> {
  const options = { tasks: thread('tasks'), worker: thread('runner'), threads: 1, execArgv: NO_LOADER }
  const runner = workerThreadsRunner({ ...options, tasksPerThread })
  const host = new PlainHost(systemClock)
  await runner.start(host)
  return { name: 'Triggerkit', perform: (kwargs) => host.perform(kwargs, (job) => runner.dispatch(job)), close: () => runner.close({ drain: true }) }
}

/** A call through Comlink for each task. */
export async function comlinkThread({ thread }: Built): Promise<ThreadPeer> {
  const worker = new Worker(thread('comlink'), { execArgv: NO_LOADER })
  await once(worker, 'online')
  const echo = wrap<Echo>(nodeEndpoint(worker))
  return {
    name: 'Comlink',
    perform: (kwargs) => echo({ id: idOf(kwargs), task: 't_join', kwargs }),
    close: async () => void (await worker.terminate()),
  }
}

/** Piscina's `run` for each task. */
export function piscinaThread({ thread }: Built, concurrentTasksPerWorker: number): ThreadPeer {
  const filename = fileURLToPath(thread('piscina'))
  const pool = new Piscina({ filename, name: 'echo', minThreads: 1, maxThreads: 1, execArgv: NO_LOADER, concurrentTasksPerWorker })
  return {
    name: 'Piscina',
    perform: (kwargs) => pool.run({ id: idOf(kwargs), task: 't_join', kwargs }) as Promise<unknown>,
    close: () => pool.close(),
  }
}

/** An engine that keeps nothing: it makes jobs, and gives a job's kwargs when it is executed. */
class PlainHost implements RunnerHost {
  readonly clock: Clock
  readonly logger = console
  readonly #kwargs = new Map<string, JsonObject>()
  readonly #waiting = new Map<string, (outcome: unknown) => void>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  perform(kwargs: JsonObject, dispatch: (job: Job) => Promise<unknown>): Promise<unknown> {
    const id = idOf(kwargs)
    this.#kwargs.set(id, kwargs)
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve)
      dispatch(jobOf(id)).catch(reject)
    })
  }

  async execute(job: Job, invoke: Invoke): Promise<ExecutionReport> {
    const kwargs = this.#kwargs.get(job.id) as JsonObject
    this.#kwargs.delete(job.id)
    const outcome = await invoke(callOf(job, kwargs), NEVER_ABORTED, NO_PORT)
    if (outcome.kind !== 'finished') throw new Error(`The task ended with ${JSON.stringify(outcome)}.`)
    this.#waiting.get(job.id)?.(outcome.result)
    this.#waiting.delete(job.id)
    return { outcome: 'finished' }
  }

  abort(): void {
    throw new Error('A runner of threads loses no job.')
  }

  now(): number {
    return Date.now()
  }
}

/** All that a runner asks of a signal; real ones are the engine's to pay. */
const NEVER_ABORTED = { aborted: false, addEventListener: () => undefined } as unknown as CancelSignal
const NO_PORT = { call: async (): Promise<JsonValue> => null, log: () => undefined }

function idOf(kwargs: JsonObject): string {
  return (kwargs['a'] as { readonly id: string }).id
}

function jobOf(id: string): Job {
  const names = { storage: 'memory', manager: 'default', uid: 'sess-0123456789', incarnation: 'i', instance: 't_join#0', task: 't_join' }
  return { id, ...names, run: 'echo', runner: 'worker-threads', round: 0, attempt: 0, notBefore: null }
}

function callOf({ run, uid, incarnation, instance, task, round, attempt, manager, storage }: Job, kwargs: JsonObject): TaskCall {
  const configuration: TaskCall['configuration'] = { after: ['a', 'b'], andEvery: null, unless: [], withParams: {}, run, using: null, extras: {} }
  return { run, uid, incarnation, instance, task, configuration, kwargs, round, attempt, depth: 0, manager, storage }
}
