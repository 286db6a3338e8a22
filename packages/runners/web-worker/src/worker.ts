import { TriggerkitError, type CancelSignal, type JsonValue, type LogEntry, type Task, type TaskCall, type TaskOutcome, type TaskPort } from '@triggerkit/contracts'
import { TaskRegistry } from '@triggerkit/registry'
import { expose, wrap, type Endpoint, type Remote } from 'comlink'

import { batched } from './batched.js'
import { fromEnvelope, toEnvelope } from './error-envelope.js'
import { holdLifeLine } from './life-line.js'
import { PROTOCOL, type Answer, type ToPage, type ToWorker } from './protocol.js'
import { isCall, twoWay } from './two-way.js'
import { findUncloneable } from './uncloneable.js'

type Tell = (message: ToPage) => Promise<Answer<JsonValue> | undefined>

let exposed = false

/**
 * Offers task functions to the page's `webWorkerRunner`; called once, in the file that its `spawn` names.
 * @example `exposeTasks([importSubject, importResponses])`
 * @throws `InvalidArgument` where it is called outside a dedicated worker or a second time, `DuplicateKey`, `InvalidName`
 */
export function exposeTasks(tasks: readonly Task[]): void {
  const registry = new TaskRegistry().register(...tasks)
  if (!('DedicatedWorkerGlobalScope' in globalThis)) throw invalid('is for the file of a dedicated worker, the one that spawn names')
  if (exposed) throw invalid('was called before; call it once, with all tasks')
  exposed = true
  const side = new FarSide(registry, globalThis as unknown as Endpoint)
  void side.introduce()
}

function invalid(what: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `exposeTasks ${what}.`)
}

/** The worker's half: runs what the page names, and passes on what that logs and calls. */
class FarSide {
  readonly #tasks: TaskRegistry
  readonly #tell: Remote<Tell>
  /** Whatever runs here has a controller, which is made when it is first needed. */
  readonly #running = new Map<number, () => AbortController>()

  constructor(tasks: TaskRegistry, channel: Endpoint) {
    // A task may log and then compute for long: what it says goes at once, and only outcomes wait for each other.
    const { calls, answers } = twoWay(batched(channel, isCall))
    this.#tasks = tasks
    this.#tell = wrap<Tell>(answers)
    expose((message: ToWorker) => this.#hear(message), calls)
  }

  async introduce(): Promise<void> {
    const lock = await holdLifeLine()
    const tasks = this.#tasks.names().map((name) => ({ name, timeLimit: this.#tasks.get(name).timeLimit }))
    await this.#tell({ kind: 'ready', protocol: PROTOCOL, tasks, lock })
  }

  #hear(message: ToWorker): Promise<Answer<TaskOutcome>> | Answer<null> {
    if (message.kind === 'perform') return this.#perform(message.execution, JSON.parse(message.call) as TaskCall)
    this.#running.get(message.execution)?.().abort(fromEnvelope(message.reason))
    return { ok: true, value: null }
  }

  async #perform(execution: number, call: TaskCall): Promise<Answer<TaskOutcome>> {
    let made: AbortController | undefined
    const controller = (): AbortController => (made ??= new AbortController())
    this.#running.set(execution, controller)
    try {
      const value = await this.#tasks.perform({ call, port: this.#port(execution), get signal() { return controller().signal as CancelSignal } })
      const fault = value.kind === 'finished' ? findUncloneable(value.result, 'result') : null
      if (fault !== null) throw notCarried('InvalidResult', `The result of ${call.instance}`, fault)
      return { ok: true, value }
    } catch (error) {
      return { ok: false, error: toEnvelope(error) }
    } finally {
      this.#running.delete(execution)
    }
  }

  #port(execution: number): TaskPort {
    return {
      call: (method, args) => this.#call(execution, method, args),
      log: (entry) => this.#log(execution, entry),
    }
  }

  async #call(execution: number, method: string, args: readonly JsonValue[]): Promise<JsonValue> {
    const fault = findUncloneable(args, 'arguments')
    if (fault !== null) throw notCarried('InvalidPayload', `A call of ${method}`, fault)
    const answer = (await this.#tell({ kind: 'call', execution, method, args })) as Answer<JsonValue>
    if (!answer.ok) throw fromEnvelope(answer.error)
    return answer.value
  }

  #log(execution: number, entry: LogEntry): void {
    // What refuses it decides nothing about the task, and there is nobody else to tell.
    this.#tell({ kind: 'log', execution, entry: { ...entry, meta: carried(entry.meta) } }).catch(() => undefined)
  }
}

/** The facts of a log entry, which goes better without them than not at all. Tried beforehand: a refusal would be told after later entries. */
function carried(meta: LogEntry['meta']): LogEntry['meta'] {
  try {
    return structuredClone(meta)
  } catch (error) {
    return { notCarried: String(error) }
  }
}

function notCarried(code: 'InvalidResult' | 'InvalidPayload', what: string, fault: string): TriggerkitError {
  return new TriggerkitError(code, `${what} can't leave its worker. ${fault}; pass JSON only.`, { details: { fault } })
}
