import { TriggerkitError, type CancelSignal, type Clock, type TaskCall, type TaskOutcome, type TaskPort, type Timer } from '@triggerkit/contracts'

import type { FarWorker } from './far-worker.js'

/** What a runner knows of time. */
export interface Limits {
  readonly clock: Clock
  /** How long the function may take, in milliseconds; `null`: as long as it wants. */
  readonly timeLimit: number | null
  /** How long it may go on once it was told to stop, in milliseconds. */
  readonly grace: number
}

/** One run of a task function in a worker: keeps its time, forwards the abort, and stops by force what doesn't stop by itself. */
export class Execution {
  /** How the function ended; rejects as soon as it can no longer end well. */
  readonly outcome: Promise<TaskOutcome>
  /** Resolves when the worker has nothing to do with it any more. */
  readonly over: Promise<void>
  readonly #worker: FarWorker
  readonly #number: number
  readonly #instance: string
  readonly #limits: Limits
  readonly #timers = new Set<Timer>()
  #reject!: (reason: unknown) => void
  /** Told to stop, or at its end: there is nothing left to stop. */
  #stopped = false

  constructor(worker: FarWorker, call: TaskCall, { signal, port }: { readonly signal: CancelSignal; readonly port: TaskPort }, limits: Limits) {
    this.#worker = worker
    this.#instance = call.instance
    this.#limits = limits
    const { execution, outcome } = worker.perform(call, port)
    this.#number = execution
    const onAbort = (): void => this.stop(signal.reason)
    this.outcome = new Promise((resolve, reject) => {
      this.#reject = reject
      outcome.then(resolve, reject)
    })
    this.over = outcome.then(
      () => this.#clear(signal, onAbort),
      () => this.#clear(signal, onAbort),
    )
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    if (limits.timeLimit !== null) this.#after(limits.timeLimit, () => this.#exceed(limits.timeLimit as number))
  }

  /**
   * Tells the function to stop; if it hasn't after the grace, its worker is terminated, and all that runs there with it. Nothing
   * happens once the function has ended, which may be long before its outcome is recorded.
   */
  stop(reason: unknown): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#worker.abort(this.#number, reason)
    this.#after(this.#limits.grace, () => this.#cut(reason))
  }

  #exceed(limit: number): void {
    const message = `${this.#instance} took longer than its time limit of ${limit} ms.`
    const reason = new TriggerkitError('TimeLimitExceeded', message, { details: { instance: this.#instance, limit } })
    this.#reject(reason)
    this.stop(reason)
    this.#worker.forget(this.#number)
  }

  #cut(reason: unknown): void {
    const message = `The web worker was terminated, because ${this.#instance} did not stop within ${this.#limits.grace} ms after it was told to.`
    this.#reject(reason)
    this.#worker.end(new TriggerkitError('ExecutionLost', message, { details: { instance: this.#instance } }))
  }

  #after(delay: number, callback: () => void): void {
    const { clock } = this.#limits
    const timer = clock.setTimer(() => {
      this.#timers.delete(timer)
      callback()
    }, delay)
    this.#timers.add(timer)
  }

  #clear(signal: CancelSignal, onAbort: () => void): void {
    this.#stopped = true
    signal.removeEventListener('abort', onAbort)
    for (const timer of this.#timers) this.#limits.clock.clearTimer(timer)
    this.#timers.clear()
  }
}
