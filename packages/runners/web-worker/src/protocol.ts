import type { JsonValue, LogEntry } from '@triggerkit/contracts'

import type { ErrorEnvelope } from './error-envelope.js'

/*
 * What page and worker say to each other: one exposed function on each side, plain data both ways, over the one channel that a
 * worker has. As it is one channel, what a task logs arrives before its outcome.
 */

/** Raised with every change of what follows, so that an old worker script is told from a broken one. */
export const PROTOCOL = 3

/** What the worker's one function takes. */
export type ToWorker =
  /** `call` is a `TaskCall` in JSON, which it is anyway: browsers copy one text much faster than objects within objects. */
  | { readonly kind: 'perform'; readonly execution: number; readonly call: string }
  | { readonly kind: 'abort'; readonly execution: number; readonly reason: ErrorEnvelope }

/** What the page's one function takes. */
export type ToPage =
  | Ready
  | { readonly kind: 'log'; readonly execution: number; readonly entry: LogEntry }
  | { readonly kind: 'call'; readonly execution: number; readonly method: string; readonly args: readonly JsonValue[] }

/** A worker's first word. */
export interface Ready {
  readonly kind: 'ready'
  readonly protocol: number
  readonly tasks: readonly OfferedTask[]
  /** The Web Lock that the worker holds as long as it lives; `null` where there are none. */
  readonly lock: string | null
}

export interface OfferedTask {
  readonly name: string
  /** In milliseconds; `null`: none of its own. */
  readonly timeLimit: number | null
}

/**
 * Every answer. Errors travel as values: of one that is thrown, Comlink keeps name, message and stack, but neither code, context
 * nor cause.
 */
export type Answer<TValue> = { readonly ok: true; readonly value: TValue } | { readonly ok: false; readonly error: ErrorEnvelope }
