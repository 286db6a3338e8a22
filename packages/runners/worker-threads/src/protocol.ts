import type { JsonValue, LogEntry, TaskOutcome } from '@triggerkit/contracts'

import type { ErrorMessage } from './error-message.js'

/*
 * What the two sides of a port say to each other; each message of the port is a list of these. A thread's way:
 *
 *   near side                                far side
 *   pool.run(assignment)          ───────▶   imports the modules
 *                                 ◀───────   ready, or refused, and then nothing more
 *   perform, abort                ───────▶   runs the task, aborts its signal
 *                                 ◀───────   log, call …
 *   answer, refusal               ───────▶
 *                                 ◀───────   outcome, or failure: exactly one for each perform
 *   leave                         ───────▶   closes the port; the thread is the pool's again
 */

/** With what a thread begins. */
export interface Assignment<TPort> {
  readonly port: TPort
  /** The addresses of the modules that export the tasks. */
  readonly modules: readonly string[]
}

export type ToThread =
  /** `call` is JSON: in one message, parts that several calls share would be one object on the far side, for all to change. */
  | { readonly type: 'perform'; readonly execution: number; readonly call: string }
  | { readonly type: 'abort'; readonly execution: number; readonly reason: ErrorMessage }
  | { readonly type: 'answer'; readonly question: number; readonly value: JsonValue }
  | { readonly type: 'refusal'; readonly question: number; readonly error: ErrorMessage }
  | { readonly type: 'leave' }

export type FromThread =
  | { readonly type: 'ready'; readonly tasks: readonly TaskFacts[] }
  | { readonly type: 'refused'; readonly error: ErrorMessage }
  | { readonly type: 'outcome'; readonly execution: number; readonly outcome: TaskOutcome }
  | { readonly type: 'failure'; readonly execution: number; readonly error: ErrorMessage }
  | { readonly type: 'log'; readonly execution: number; readonly entry: LogEntry }
  | { readonly type: 'call'; readonly execution: number; readonly question: number; readonly method: string; readonly args: readonly JsonValue[] }

/** What the near side knows of a task. */
export interface TaskFacts {
  readonly name: string
  readonly timeLimit: number | null
}
