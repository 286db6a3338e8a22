import { TriggerkitError } from '@triggerkit/contracts'
import type { Clock, LogEntry, TaskCall, TaskOutcome, TaskPort, Timer } from '@triggerkit/contracts'

import { toError, toErrorMessage } from './error-message.js'
import type { FromThread, ToThread } from './protocol.js'

/** What an execution needs of the thread that runs it. */
export interface ExecutionThread {
  readonly clock: Clock
  /** How long what was aborted may go on, in milliseconds. */
  readonly grace: number
  readonly post: (message: ToThread, instead?: (error: unknown) => ToThread) => void
  /** Ends the thread, whatever it does. */
  readonly terminate: (reason: Error) => void
}

export interface Performance {
  readonly call: TaskCall
  readonly port: TaskPort
}

/**
 * One run of a task in a thread, seen from outside. Its outcome may be known before the thread is free of it: a task whose time is
 * up, or that was aborted, may clean up for as long as the grace lasts, and is then cut with its thread.
 */
export class Execution {
  /** How the task ended; rejects where it failed without an outcome. */
  readonly outcome: Promise<TaskOutcome>
  /** When the thread is free of it. Never rejects. */
  readonly ended: Promise<void>
  readonly #id: number
  readonly #performance: Performance
  readonly #thread: ExecutionThread
  #state: 'waiting' | 'running' | 'stopping' | 'over' = 'waiting'
  #timers: Timer[] = []
  #resolve!: (outcome: TaskOutcome) => void
  #reject!: (error: Error) => void
  #end!: () => void

  constructor(id: number, performance: Performance, thread: ExecutionThread) {
    this.#id = id
    this.#performance = performance
    this.#thread = thread
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.ended = new Promise((resolve) => (this.#end = resolve))
    // Nobody need wait any more for what was aborted.
    this.outcome.catch(() => undefined)
  }

  get instance(): string {
    return this.#performance.call.instance
  }

  /** The name of the task function. */
  get run(): string {
    return this.#performance.call.run
  }

  /** Begins, now that the thread is ready: its time limit counts from here. */
  begin(timeLimit: number | null): void {
    if (this.#state !== 'waiting') return
    this.#state = 'running'
    this.#thread.post({ type: 'perform', execution: this.#id, call: JSON.stringify(this.#performance.call) })
    if (timeLimit !== null) this.#setTimer(() => this.#expire(timeLimit), timeLimit)
  }

  /** Aborts the task's signal; what heeds it in time still has an outcome. One that waits for its thread does not begin. */
  stop(reason: unknown): void {
    const error = asError(reason)
    if (this.#state === 'waiting') this.lose(error)
    if (this.#state !== 'running') return
    this.#state = 'stopping'
    this.#thread.post({ type: 'abort', execution: this.#id, reason: toErrorMessage(reason) })
    this.#setTimer(() => this.#cut(error), this.#thread.grace)
  }

  receive(message: Extract<FromThread, { readonly execution: number }>): void {
    switch (message.type) {
      case 'log':
        this.#log(message.entry)
        return
      case 'call':
        void this.#answer(message)
        return
      case 'outcome':
        this.#resolve(message.outcome)
        this.#over()
        return
      case 'failure':
        this.lose(toError(message.error))
    }
  }

  /** Ends without an outcome. */
  lose(error: Error): void {
    this.#reject(error)
    this.#over()
  }

  /** A logger that throws fails the task that uses it, here as in the engine's own process. */
  #log(entry: LogEntry): void {
    try {
      this.#performance.port.log(entry)
    } catch (error) {
      this.#abandon(asError(error))
    }
  }

  #expire(limit: number): void {
    const message = `${this.instance} took longer than its time limit of ${limit} ms.`
    const error = new TriggerkitError('TimeLimitExceeded', message, { details: { instance: this.instance, limit } })
    this.#abandon(error)
  }

  /** Has failed, whatever the task still does. */
  #abandon(error: Error): void {
    this.#reject(error)
    this.stop(error)
  }

  #cut(reason: Error): void {
    this.lose(reason)
    this.#thread.terminate(reason)
  }

  async #answer({ question, method, args }: Extract<FromThread, { type: 'call' }>): Promise<void> {
    const refusal = (error: unknown): ToThread => ({ type: 'refusal', question, error: toErrorMessage(error) })
    try {
      const value = await this.#performance.port.call(method, args)
      this.#thread.post({ type: 'answer', question, value }, refusal)
    } catch (error) {
      this.#thread.post(refusal(error))
    }
  }

  #setTimer(callback: () => void, delay: number): void {
    this.#timers.push(this.#thread.clock.setTimer(callback, delay))
  }

  #over(): void {
    for (const timer of this.#timers) this.#thread.clock.clearTimer(timer)
    this.#timers = []
    this.#state = 'over'
    this.#end()
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : toError(toErrorMessage(thrown))
}
