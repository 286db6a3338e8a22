import type { JsonObject, JsonValue } from 'triggerkit'

/** What lies at a path of a payload; undefined where there is nothing. */
export function at(payload: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let value = payload
  for (const member of path) value = isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined
  return value
}

/** The text at a path; undefined where there is none, or an empty one. */
export function textAt(payload: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const value = at(payload, ...path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The number at a path; undefined where there is none. */
export function numberAt(payload: JsonValue | undefined, ...path: readonly string[]): number | undefined {
  const value = at(payload, ...path)
  return typeof value === 'number' ? value : undefined
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
