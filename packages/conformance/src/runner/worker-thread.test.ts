import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { API_VERSION, TriggerkitError } from '@triggerkit/contracts'
import type { CancelSignal, JsonValue, LogEntry, TaskCall, TaskOutcome, TaskPort } from '@triggerkit/contracts'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'

import { Broker } from './broken/broker.js'
import type { FarExecution, FarSide } from './broken/far-side.js'
import { FaithfulRunner } from './broken/faithful-runner.js'
import { runnerSuite } from './runner-suite.js'

/** The far side, as a third party would write it: a module that imports the suite's functions, and one message after another. */
const PROGRAM = `
  import { parentPort } from 'node:worker_threads'
  import { conformanceTasks } from './conformance-tasks.js'

  const questions = new Map()
  let controller = new AbortController()

  const port = {
    call: (method, args) => new Promise((resolve, reject) => {
      const id = questions.size
      questions.set(id, { resolve, reject })
      parentPort.postMessage({ type: 'call', id, method, args })
    }),
    log: (entry) => parentPort.postMessage({ type: 'log', entry }),
  }

  const recordOf = ({ name, message, code, cause }) => ({
    type: name, message, code: code ?? null, stack: null, context: {}, causes: cause === undefined ? [] : [recordOf(cause)],
  })

  async function perform(call) {
    controller = new AbortController()
    try {
      const task = conformanceTasks.find(({ name }) => name === call.run)
      parentPort.postMessage({ type: 'outcome', outcome: await task.perform(call, controller.signal, port) })
    } catch (error) {
      parentPort.postMessage({ type: 'outcome', outcome: { kind: 'failed', error: recordOf(error), logLevel: 'NOTSET' } })
    }
  }

  parentPort.on('message', (message) => {
    if (message.type === 'perform') void perform(message.call)
    if (message.type === 'abort') controller.abort()
    if (message.type === 'answer') questions.get(message.id).resolve(message.value)
    if (message.type === 'refusal') questions.get(message.id).reject(Object.assign(new Error(message.message), { code: message.code }))
  })
`

type FromThread =
  | { readonly type: 'outcome'; readonly outcome: TaskOutcome }
  | { readonly type: 'log'; readonly entry: LogEntry }
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly args: readonly JsonValue[] }

async function bundled(): Promise<string> {
  const stdin = { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts', sourcefile: 'far-side.ts' } as const
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'cjs', platform: 'node', conditions: ['@triggerkit/source'] })
  return outputFiles[0]?.text ?? ''
}

/** Real threads, each for one execution at a time; those that were cut are replaced. */
class Threads implements FarSide {
  readonly #program: string
  readonly #all = new Set<Worker>()
  readonly #free: Worker[] = []

  constructor(program: string) {
    this.#program = program
  }

  begin(call: TaskCall, signal: CancelSignal, port: TaskPort): FarExecution {
    const worker = this.#free.pop() ?? this.#spawn()
    signal.addEventListener('abort', () => worker.postMessage({ type: 'abort' }), { once: true })
    const outcome = this.#outcome(worker, port)
    worker.postMessage({ type: 'perform', call })
    return { outcome, cut: () => void worker.terminate() }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()))
  }

  #spawn(): Worker {
    const worker = new Worker(this.#program, { eval: true })
    this.#all.add(worker)
    return worker
  }

  async #outcome(worker: Worker, port: TaskPort): Promise<TaskOutcome> {
    const outcome = await new Promise<TaskOutcome>((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.type === 'outcome') resolve(message.outcome)
        else if (message.type === 'log') port.log(message.entry)
        else void answer(worker, port, message)
      })
      worker.once('error', reject)
      worker.once('exit', () => reject(new TriggerkitError('ExecutionLost', 'The thread has ended.')))
    })
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
    this.#free.push(worker)
    return outcome
  }
}

async function answer(worker: Worker, port: TaskPort, { id, method, args }: Extract<FromThread, { type: 'call' }>): Promise<void> {
  try {
    worker.postMessage({ type: 'answer', id, value: await port.call(method, args) })
  } catch (error) {
    const { message, code } = error as TriggerkitError
    worker.postMessage({ type: 'refusal', id, message, code })
  }
}

const threads = new Threads(await bundled())
afterAll(() => threads.end())

const capabilities = { durable: false, delays: true, cancels: true }
const traits = { ...capabilities, elsewhere: true }
const suite = runnerSuite({
  descriptor: { kind: 'runner', key: 'threads', package: 'threads', apiVersion: API_VERSION, capabilities },
  elsewhere: true,
  // Threads take their time to begin where many want the machine.
  patience: 15_000,
  place: () => ({ open: () => new FaithfulRunner({ traits, broker: new Broker(), farSide: threads }) }),
})

for (const { id, skipped, run } of suite) test.skipIf(skipped !== null)(`real threads keep ${id}`, run, 40_000)

test('real threads are held to every case of code that lives elsewhere', () => {
  const counted = suite.filter(({ skipped }) => skipped === null).map(({ id }) => id)

  expect(counted).toEqual(expect.arrayContaining(['runner/cancel/cuts-a-loop', 'runner/invoke/ends-a-loop-at-the-time-limit']))
})
