import type { ErrorRecord, JsonObject, JsonValue } from '@triggerkit/contracts'

const CONTEXT: unique symbol = Symbol.for('triggerkit/errorContext') as never
const FROZEN_CONTEXTS = new WeakMap<object, object>()
const MAX_CAUSES = 10
const MAX_DEPTH = 8
const MAX_MEMBERS = 100
const MAX_VALUES = 2_000
const MAX_STRING = 10_000

/**
 * Attaches context variables to an error, to be logged and kept with it; merges them into existing ones.
 * @returns the error itself, or an error that wraps it if it is not an object; throw what is returned
 * @example `throw withContext(new Error('Spam.'), { score, threshold })`
 */
export function withContext<TError>(error: TError, context: Readonly<Record<string, unknown>>): TError extends object ? TError : Error {
  const target: object = isObject(error) ? error : new Error(String(error))
  const merged = { ...errorContext(target), ...context }
  const attached = Reflect.defineProperty(target, CONTEXT, { value: merged, configurable: true })
  if (!attached) FROZEN_CONTEXTS.set(target, merged)
  return target as never
}

/** The context variables that were attached to an error. */
export function errorContext(error: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(error)) return {}
  return (FROZEN_CONTEXTS.get(error) ?? member(error, CONTEXT) ?? {}) as Record<string, unknown>
}

/** An error as data: type, message, code, stack, context and causes. Takes whatever was thrown, and never throws itself. */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  return describe(thrown, MAX_CAUSES, new Set())
}

function describe(thrown: unknown, causesLeft: number, seen: Set<unknown>): ErrorRecord {
  seen.add(thrown)
  const [message, code, stack, cause] = ['message', 'code', 'stack', 'cause'].map((name) => member(thrown, name))
  const goesOn = cause !== undefined && cause !== null && causesLeft > 0 && !seen.has(cause)
  const next = goesOn ? describe(cause, causesLeft - 1, seen) : undefined
  return {
    type: typeOf(thrown),
    message: cut(typeof message === 'string' ? message : textOf(thrown)),
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : null,
    stack: typeof stack === 'string' ? cut(stack) : null,
    context: { ...toPlainObject(member(thrown, 'details')), ...toPlainObject(errorContext(thrown)) },
    causes: next === undefined ? [] : [{ ...next, causes: [] }, ...next.causes],
  }
}

function typeOf(thrown: unknown): string {
  if (thrown === null) return 'null'
  if (typeof thrown !== 'object') return typeof thrown
  const names = [member(thrown, 'name'), member(member(thrown, 'constructor'), 'name')]
  return (names.find((name) => typeof name === 'string' && name !== '' && name !== 'Error') as string | undefined) ?? 'Error'
}

function textOf(thrown: unknown): string {
  return isObject(thrown) ? JSON.stringify(toPlain(thrown)) : String(thrown)
}

// A getter or a proxy that throws must not hide the error that is being described.
function member(value: unknown, name: string | symbol): unknown {
  try {
    return (value as Record<string | symbol, unknown>)[name]
  } catch {
    return undefined
  }
}

/** Any value as JSON, for logs and error contexts: what JSON can't hold is described; cycles, depth and size are cut. */
export function toPlain(value: unknown): JsonValue {
  return plain(value, [], { left: MAX_VALUES })
}

/** An object's members as by {@link toPlain}; of anything else none. */
export function toPlainObject(value: unknown): JsonObject {
  const result = toPlain(value)
  return typeof result === 'object' && !Array.isArray(result) ? (result as JsonObject) : {}
}

function plain(value: unknown, above: readonly object[], budget: { left: number }): JsonValue {
  budget.left -= 1
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object') return String(value)
  if (above.includes(value)) return '[circular]'
  if (above.length === MAX_DEPTH || budget.left < 0) return '[cut]'
  try {
    return plainObject(value, [...above, value], budget)
  } catch {
    return '[unreadable]'
  }
}

function plainObject(value: object, inside: readonly object[], budget: { left: number }): JsonValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Error) return { name: typeOf(value), message: plain(value.message, inside, budget) }
  if (value instanceof Map || value instanceof Set) return plainObject([...value], inside, budget)
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS).map((item) => plain(item, inside, budget))
  const members = Object.entries(value).slice(0, MAX_MEMBERS)
  return Object.fromEntries(members.map(([name, item]) => [name, plain(item, inside, budget)]))
}

function cut(text: string): string {
  return text.length > MAX_STRING ? `${text.slice(0, MAX_STRING)}…` : text
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
