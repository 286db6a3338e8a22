import { TriggerkitError, type Acceptance, type TaskCall, type TaskOutcome, type TaskPort } from '@triggerkit/contracts'
import { expose, releaseProxy, wrap, type Remote } from 'comlink'

import { batched } from './batched.js'
import { fromEnvelope, toEnvelope } from './error-envelope.js'
import { watchLife } from './life-line.js'
import { PROTOCOL, type Answer, type Ready, type ToPage, type ToWorker } from './protocol.js'
import { twoWay } from './two-way.js'

type Tell = (message: ToWorker) => Promise<Answer<TaskOutcome | null>>

/** How many executions this page has begun: each has a number of its own. */
let executions = 0

/**
 * A worker, as the page sees it. A Comlink call to a worker that has died never settles, so each one is raced with whatever tells of
 * the worker's end: an error event, a message that can't be read, the release of the lock that it holds, our own decision.
 */
export class FarWorker {
  /** Resolves when the worker has said what it offers; rejects if it ends before. */
  readonly ready: Promise<void>
  readonly #worker: Worker
  readonly #tell: Remote<Tell>
  readonly #ports = new Map<number, TaskPort>()
  /** What rejects the calls under way. */
  readonly #underWay = new Set<(reason: TriggerkitError) => void>()
  readonly #onEnd: (reason: TriggerkitError) => void
  readonly #unwatch = new AbortController()
  #limits: ReadonlyMap<string, number | null> | null = null
  #becomeReady!: () => void
  #end: TriggerkitError | null = null

  /** @param onEnd - is told, once, when the worker is no more */
  constructor(worker: Worker, onEnd: (reason: TriggerkitError) => void) {
    this.#worker = worker
    this.#onEnd = onEnd
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      this.#underWay.add(reject)
    })
    const { calls, answers } = twoWay(batched(worker, () => false))
    worker.addEventListener('error', (event) => this.#fail(event))
    worker.addEventListener('messageerror', () => this.end(this.#lost('it sent something that can not be read here')))
    expose((message: ToPage) => this.#hear(message), calls)
    this.#tell = wrap<Tell>(answers)
  }

  get ended(): boolean {
    return this.#end !== null
  }

  /** The names that the worker offers, with their time limits; `null` until it is ready. */
  get limits(): ReadonlyMap<string, number | null> | null {
    return this.#limits
  }

  /**
   * Runs a task function.
   * @returns its outcome, and the number under which it can be told to stop
   */
  perform(call: TaskCall, port: TaskPort): { readonly execution: number; readonly outcome: Promise<TaskOutcome> } {
    executions += 1
    const execution = executions
    this.#ports.set(execution, port)
    const outcome = this.#ask({ kind: 'perform', execution, call: JSON.stringify(call) }, call.instance, () => this.#ports.delete(execution))
    return { execution, outcome: outcome as Promise<TaskOutcome> }
  }

  /** Aborts the signal that a task function was given. */
  abort(execution: number, reason: unknown): void {
    // Whether it arrives shows in what becomes of the execution.
    this.#ask({ kind: 'abort', execution, reason: toEnvelope(reason) }, `execution ${execution}`).catch(() => undefined)
  }

  /** Leaves an execution to itself: what it still logs or calls no longer counts. */
  forget(execution: number): void {
    this.#ports.delete(execution)
  }

  /** Terminates the worker; every call under way rejects with the reason. */
  end(reason: TriggerkitError): void {
    if (this.#end !== null) return
    this.#end = reason
    this.#worker.terminate()
    this.#unwatch.abort()
    this.#tell[releaseProxy]()
    for (const reject of this.#underWay) reject(reason)
    this.#underWay.clear()
    this.#ports.clear()
    this.#onEnd(reason)
  }

  /** @param over - is called when the answer has come, unless the worker ends before */
  #ask(message: ToWorker, instance: string, over?: () => void): Promise<TaskOutcome | null> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) return reject(this.#end)
      this.#underWay.add(reject)
      const answered = (): void => {
        this.#underWay.delete(reject)
        over?.()
      }
      const settle = (answer: Answer<TaskOutcome | null>): void => {
        answered()
        if (answer.ok) resolve(answer.value)
        else reject(fromEnvelope(answer.error))
      }
      const refuse = (error: unknown): void => {
        answered()
        reject(notCarried(instance, error))
      }
      void this.#tell(message).then(settle, refuse)
    })
  }

  #hear(message: ToPage): unknown {
    switch (message.kind) {
      case 'ready':
        return this.#introduce(message)
      case 'log':
        return this.#ports.get(message.execution)?.log(message.entry)
      case 'call':
        return answerOf(this.#ports.get(message.execution), message)
    }
  }

  #introduce({ protocol, tasks, lock }: Ready): void {
    if (protocol !== PROTOCOL) return this.end(this.#lost(`it speaks version ${String(protocol)} of the protocol and the page version ${PROTOCOL}; build both with one release`))
    this.#limits = new Map(tasks.map(({ name, timeLimit }) => [name, timeLimit]))
    if (lock !== null) watchLife(lock, this.#unwatch.signal, () => this.end(this.#lost('it closed itself, or the browser stopped it')))
    this.#becomeReady()
  }

  #fail(event: ErrorEvent | Event): void {
    // It is told by what fails with it, and is no longer the page's concern.
    event.preventDefault()
    const { message, filename, lineno } = event as Partial<ErrorEvent>
    const where = filename ? ` (${filename}:${lineno ?? '?'})` : ''
    const unloaded = 'its script could not be loaded; see that spawn names the right file and that it is served as JavaScript'
    this.end(this.#lost(message ? `it threw ${JSON.stringify(message)}${where}` : unloaded))
  }

  #lost(what: string): TriggerkitError {
    const begun = this.#limits !== null
    const message = begun ? `The web worker that ran the task ended: ${what}.` : `The web worker did not start: ${what}.`
    return new TriggerkitError('ExecutionLost', message, { details: { started: begun } })
  }
}

async function answerOf(port: TaskPort | undefined, { method, args }: Extract<ToPage, { kind: 'call' }>): Promise<Answer<unknown>> {
  try {
    if (port === undefined) throw new TriggerkitError('StaleExecutionError', 'This execution no longer counts. Stop working.')
    return { ok: true, value: await port.call(method, args) }
  } catch (error) {
    return { ok: false, error: toEnvelope(error) }
  }
}

function notCarried(instance: string, cause: unknown): TriggerkitError {
  const message = `The kwargs or result of ${instance} can't be passed between page and worker. Pass JSON only.`
  return new TriggerkitError('InvalidResult', message, { cause, details: { instance } })
}

/** Whether a worker that offers these names can run that one; nobody knows before the first has said so. */
export function acceptance(limits: ReadonlyMap<string, number | null> | null, run: string): Acceptance {
  if (limits === null) return 'unknown'
  return limits.has(run) ? 'yes' : 'no'
}
