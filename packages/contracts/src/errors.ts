/**
 * The stable codes of errors. A message may change between releases; its code does not.
 * The package's README says when each occurs and what to do.
 */
export type ErrorCode =
  | 'Cancelled'
  | 'Closed'
  | 'CommandIdReused'
  | 'DuplicateKey'
  | 'ExecutionLost'
  | 'FiringIdReused'
  | 'InvalidArgument'
  | 'InvalidConfiguration'
  | 'InvalidKwargs'
  | 'InvalidName'
  | 'InvalidPayload'
  | 'InvalidResult'
  | 'ManagerMismatch'
  | 'MaxRetriesExceeded'
  | 'NotFailed'
  | 'OutcomeUnknown'
  | 'Overloaded'
  | 'PayloadTooLarge'
  | 'ReactionLoop'
  | 'RequestNotThrown'
  | 'SchedulingRefused'
  | 'SettleTimeout'
  | 'StaleExecutionError'
  | 'StorageRefused'
  | 'StorageUnavailable'
  | 'TimeLimitExceeded'
  | 'UnknownInstance'
  | 'UnknownKey'
  | 'UnknownRunner'
  | 'UnknownTask'
  | 'UnknownTaskFunction'
  | 'UnsupportedAdapter'
  | 'UnsupportedFormat'

/** The names that an error concerns, and anything else that helps to act on it. Never a payload. */
export type ErrorDetails = Readonly<Record<string, unknown>>

export interface TriggerkitErrorOptions {
  readonly cause?: unknown
  readonly details?: ErrorDetails
}

const BRAND: unique symbol = Symbol.for('triggerkit/error') as never

/**
 * The only error class of Triggerkit. Tell errors apart by `code`, and recognise one with
 * {@link isTriggerkitError}: `instanceof` fails across workers and where two copies of a package are loaded.
 */
export class TriggerkitError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, options: TriggerkitErrorOptions = {}) {
    super(message, options)
    this.name = 'TriggerkitError'
    this.code = code
    this.details = options.details ?? {}
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether `value` is a {@link TriggerkitError}, made by any copy of the package; with `code`, whether it has that code. */
export function isTriggerkitError(value: unknown, code?: ErrorCode): value is TriggerkitError {
  try {
    const branded = typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
    return branded && (code === undefined || (value as TriggerkitError).code === code)
  } catch {
    return false // a proxy whose traps throw
  }
}
