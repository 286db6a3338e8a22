import type { ExecutionReport, Invoke, Job, RunnerHost, TaskCall, TaskOutcome } from '@triggerkit/contracts'
import { consoleLogger, systemClock } from '@triggerkit/engine'
import { webWorkerRunner, type WebWorkerRunner } from '@triggerkit/runners-web-worker'
import { wrap, type Remote } from 'comlink'

import { alternate, fine, inLanes, type Variant } from '../../measure.js'

const LANES = 64
/** How many are timed together where there is one at a time: the clock goes by 5 µs, of which one alone would take eight or nine. */
const IN_A_ROW = 10

type Echo = (call: TaskCall) => Promise<TaskOutcome>

let calls = 0

/** A task's call of some hundred bytes, different from every other: what is the same twice is cloned once. */
function newCall(): TaskCall {
  const number = (calls += 1)
  const configuration = { after: ['A', 'B'], andEvery: null, unless: [], withParams: {}, run: 'echo', using: null, extras: {} }
  const kwargs = { A: { a: number, s: `hello ${number}` }, B: { b: number, s: `world ${number}` } }
  const names = { uid: `bench-${number}`, incarnation: 'one', instance: `t_join#${number}`, task: 't_join', manager: 'default', storage: 'memory' }
  return { run: 'echo', ...names, configuration, kwargs, round: 1, attempt: 1, depth: 0 }
}

/** The host of a runner that is measured by itself: no storage, no engine. */
class Host implements RunnerHost {
  readonly clock = systemClock
  readonly logger = consoleLogger
  readonly #ended = new Map<string, () => void>()

  now(): number {
    return Date.now()
  }

  abort(): void {}

  async execute(job: Job, invoke: Invoke): Promise<ExecutionReport> {
    const { kind } = await invoke(newCall(), new AbortController().signal as never, { call: () => Promise.resolve(null), log: () => undefined })
    if (kind !== 'finished') throw new Error('The task did not finish.')
    this.#ended.get(job.id)?.()
    this.#ended.delete(job.id)
    return { outcome: 'finished' }
  }

  ended(id: string): Promise<void> {
    return new Promise((resolve) => this.#ended.set(id, resolve))
  }
}

/** Microseconds: raw Comlink calls in a row, and as many tasks through the runner; one at a time. */
export async function taskLatency(): Promise<readonly (readonly number[])[]> {
  return measured(1, IN_A_ROW, (variants) => fine(variants, { rounds: 9, operations: 60 }))
}

/** Per second: raw Comlink calls and tasks through the runner, many in flight. */
export async function tasksTogether(): Promise<readonly (readonly number[])[]> {
  return measured(LANES, 1, (variants) => alternate(variants, { rounds: 7, operations: [30, 30] }))
}

async function measured(lanes: number, each: number, measure: (variants: readonly Variant[]) => Promise<readonly number[][]>): Promise<readonly number[][]> {
  const worker = new Worker('/echo-worker.js', { type: 'module' })
  const runner = webWorkerRunner({ spawn: () => new Worker('/task-worker.js', { type: 'module' }), workers: 1, tasksPerWorker: lanes })
  const host = new Host()
  await runner.start(host)
  const ways = [
    { name: 'comlink', one: byComlink(wrap<Echo>(worker)) },
    { name: 'runner', one: byRunner(runner, host) },
  ]
  const series = await measure(ways.map(({ name, one }) => ({ name, prepare: () => () => inLanes(lanes, each, one) })))
  await runner.close({ drain: false })
  worker.terminate()
  return series
}

function byComlink(echo: Remote<Echo>): () => Promise<void> {
  return async () => {
    const { kind } = await echo(newCall())
    if (kind !== 'finished') throw new Error('The call did not come back.')
  }
}

function byRunner(runner: WebWorkerRunner, host: Host): () => Promise<void> {
  let jobs = 0
  return async () => {
    const id = `job-${(jobs += 1)}`
    const ended = host.ended(id)
    const names = { storage: 'memory', manager: 'default', uid: 'bench', incarnation: 'one', instance: 't_join#0', task: 't_join', run: 'echo', runner: 'web-worker' }
    await runner.dispatch({ id, ...names, round: 1, attempt: 1, notBefore: null })
    await ended
  }
}
