import { isTriggerkitError, TriggerkitError, type ErrorCode, type JsonObject, type JsonValue } from '@triggerkit/contracts'

import { describeValue } from './describe-value.js'
import { beginWalk, copyJson, pathAt, UNREADABLE, type JsonLimits } from './json-walk.js'

/**
 * A deep copy of `value` that is plain JSON and shares nothing with it.
 *
 * Members that are `undefined` are left out, `-0` becomes `0`, an own member `__proto__` stays an own member, `toJSON` is not
 * called, and non-enumerable members are ignored. The size counted is close to that of the JSON text: see {@link JsonLimits}.
 * @param path - the name of the value in messages: `kwargs`, `result`
 * @throws `InvalidPayload` naming the path to the first value that JSON can't represent or that is nested too deeply
 * @throws `PayloadTooLarge` when the byte limit is exceeded
 * @example
 * toJson({ birthday: new Date() }, 'kwargs')
 * // InvalidPayload: kwargs.birthday: a Date is not JSON; give a string such as value.toISOString().
 */
export function toJson(value: unknown, path: string, limits: JsonLimits = {}): JsonValue {
  const walk = beginWalk(path, limits, refusePayload)
  try {
    return copyJson(value, walk, 0)
  } catch (error) {
    // Made anew here: deep in the data, the stack is too full of this walk to show who gave it.
    if (isTriggerkitError(error)) throw new TriggerkitError(error.code, error.message, { details: error.details })
    throw unreadable(pathAt(walk), error)
  }
}

/**
 * Like {@link toJson}, for values that must be objects, such as kwargs; `null` and `undefined` become `{}`.
 * @throws `InvalidPayload`, `PayloadTooLarge`
 */
export function toJsonObject(value: unknown, path: string, limits: JsonLimits = {}): JsonObject {
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    refusePayload('InvalidPayload', path, `must be an object, not ${describeValue(value)}`)
  }
  return toJson(value, path, limits) as JsonObject
}

function refusePayload(code: ErrorCode, path: string, message: string): never {
  throw new TriggerkitError(code, `${path}: ${message}.`, { details: { path } })
}

/** A getter or a proxy threw; its error may contain anything, so that it is only the cause. */
function unreadable(path: string, cause: unknown): TriggerkitError {
  return new TriggerkitError('InvalidPayload', `${path}: ${UNREADABLE}.`, { cause, details: { path } })
}
