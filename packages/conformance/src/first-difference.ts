import type { JsonObject, JsonValue } from '@triggerkit/contracts'

/** Where two values differ, and how. */
export interface Difference {
  /** Such as `instances.t_a#0.status`. */
  readonly path: string
  readonly expected: JsonValue | undefined
  readonly actual: JsonValue | undefined
}

/** The first place where a value differs from what is expected: objects regardless of order, lists in order. */
export function firstDifference(expected: JsonValue | undefined, actual: JsonValue | undefined, path = ''): Difference | undefined {
  if (!isContainer(expected) || !isContainer(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    return Object.is(expected, actual) ? undefined : { path, expected, actual }
  }
  const members = new Set([...Object.keys(expected), ...Object.keys(actual)])
  for (const member of members) {
    const found = firstDifference(own(expected, member), own(actual, member), path === '' ? member : `${path}.${member}`)
    if (found !== undefined) return found
  }
  return undefined
}

function own(container: JsonObject, member: string): JsonValue | undefined {
  return Object.hasOwn(container, member) ? container[member] : undefined
}

function isContainer(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null
}
