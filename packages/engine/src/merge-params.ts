import type { JsonObject, JsonValue, TaskConfiguration } from '@triggerkit/contracts'

/** The kwargs that a task receives: `withParams`, with the triggers' kwargs laid on top. */
export function mergeParams({ withParams }: Pick<TaskConfiguration, 'withParams'>, kwargs: JsonObject): JsonObject {
  return merge(withParams, kwargs) as JsonObject
}

// Objects merge member by member at any depth; everything else is replaced by what lies on top. Members are defined, not
// assigned, so that `__proto__` stays a plain member and no prototype is ever reached.
function merge(below: JsonValue | undefined, above: JsonValue): JsonValue {
  if (!isObject(below) || !isObject(above)) return above
  const merged = new Map(Object.entries(below))
  for (const [name, value] of Object.entries(above)) merged.set(name, merge(merged.get(name), value))
  return Object.fromEntries(merged)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
