import type { ErrorCode } from '@triggerkit/contracts'

const STATUSES: Partial<Record<ErrorCode, number>> = {
  InvalidArgument: 400,
  InvalidKwargs: 400,
  InvalidName: 400,
  InvalidPayload: 400,
  PayloadTooLarge: 413,
  UnknownInstance: 404,
  UnknownTask: 404,
  NotFailed: 409,
  FiringIdReused: 409,
  CommandIdReused: 409,
  // All of these may be repeated with the same idempotency key.
  Closed: 503,
  Overloaded: 503,
  OutcomeUnknown: 503,
  StorageUnavailable: 503,
}

/** The HTTP status that an error of Triggerkit's stands for. */
export function statusOf(code: ErrorCode): number {
  return STATUSES[code] ?? 500
}
