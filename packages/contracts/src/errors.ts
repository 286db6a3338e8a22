/**
 * What can go wrong, by stable code. The message may change between releases; the code does not.
 * The package's README says of each when it appears and what to do.
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

/** The names concerned by an error, and whatever else helps to act on it. Never a payload. */
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

/** Whether `value` is an error of Triggerkit's, made by any copy of it; with `code`, that very one. */
export function isTriggerkitError(value: unknown, code?: ErrorCode): value is TriggerkitError {
  try {
    const branded = typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
    return branded && (code === undefined || (value as TriggerkitError).code === code)
  } catch {
    return false // a proxy whose traps throw
  }
}
