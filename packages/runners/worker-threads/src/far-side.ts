import { inspect } from 'node:util'

import { TriggerkitError } from '@triggerkit/contracts'
import type { CancelSignal, JsonValue, LogEntry, TaskCall, TaskPort } from '@triggerkit/contracts'
import type { TaskRegistry } from '@triggerkit/registry'

import { toError, toErrorMessage } from './error-message.js'
import type { Outbox } from './outbox.js'
import type { FromThread, ToThread } from './protocol.js'

interface Question {
  readonly resolve: (value: JsonValue) => void
  readonly reject: (error: Error) => void
}

/** What runs tasks in a thread, as the near side tells it to. */
export class FarSide {
  readonly #tasks: TaskRegistry
  readonly #outbox: Outbox<FromThread>
  /** Of the executions that run here; each is made when it is first needed. */
  readonly #controllers = new Map<number, () => AbortController>()
  readonly #questions = new Map<number, Question>()
  #asked = 0

  constructor(tasks: TaskRegistry, outbox: Outbox<FromThread>) {
    this.#tasks = tasks
    this.#outbox = outbox
  }

  receive(message: Exclude<ToThread, { type: 'leave' }>): void {
    switch (message.type) {
      case 'perform':
        void this.#perform(message.execution, message.call)
        return
      case 'abort':
        this.#controllers.get(message.execution)?.().abort(toError(message.reason))
        return
      case 'answer':
        this.#settled(message.question)?.resolve(message.value)
        return
      case 'refusal':
        this.#settled(message.question)?.reject(toError(message.error))
    }
  }

  async #perform(execution: number, text: string): Promise<void> {
    let made: AbortController | undefined
    const controller = (): AbortController => (made ??= new AbortController())
    this.#controllers.set(execution, controller)
    const call = JSON.parse(text) as TaskCall
    const failure = (error: unknown): FromThread => ({ type: 'failure', execution, error: toErrorMessage(error) })
    try {
      const outcome = await this.#tasks.perform({ call, port: this.#port(execution), get signal() { return controller().signal as CancelSignal } })
      this.#outbox.post({ type: 'outcome', execution, outcome }, (error) => failure(stays(call, error)))
    } catch (error) {
      this.#outbox.post(failure(error))
    }
    this.#controllers.delete(execution)
  }

  #port(execution: number): TaskPort {
    return {
      call: (method, args) => this.#ask(execution, method, args),
      log: (entry) => {
        this.#outbox.post({ type: 'log', execution, entry }, () => ({ type: 'log', execution, entry: legible(entry) }))
        // A task may never let go of its thread again: what it said before it was cut is what one wants to read.
        this.#outbox.flush()
      },
    }
  }

  #ask(execution: number, method: string, args: readonly JsonValue[]): Promise<JsonValue> {
    this.#asked += 1
    const question = this.#asked
    return new Promise((resolve, reject) => {
      this.#questions.set(question, { resolve, reject })
      this.#outbox.post({ type: 'call', execution, question, method, args }, (error) => {
        this.#settled(question)?.reject(unsent(method, error))
        return null
      })
    })
  }

  #settled(question: number): Question | undefined {
    const found = this.#questions.get(question)
    this.#questions.delete(question)
    return found
  }
}

function stays({ instance }: TaskCall, cause: unknown): TriggerkitError {
  const message = `The result of ${instance} can't leave its thread: ${String(cause)}. Return JSON.`
  return new TriggerkitError('InvalidResult', message, { cause, details: { instance } })
}

function unsent(method: string, cause: unknown): TriggerkitError {
  const message = `The arguments of manager.${method} can't leave the task's thread: ${String(cause)}. Give JSON.`
  return new TriggerkitError('InvalidArgument', message, { cause, details: { method } })
}

/** A log entry whose facts are described, where they can't be cloned. */
function legible({ level, message, meta }: LogEntry): LogEntry {
  return { level, message: String(message), meta: Object.fromEntries(Object.entries(meta).map(([name, fact]) => [name, inspect(fact)])) }
}
