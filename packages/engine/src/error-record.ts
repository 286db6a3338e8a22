import type { ErrorRecord, JsonObject, JsonValue } from '@triggerkit/contracts'

const CONTEXT: unique symbol = Symbol.for('triggerkit/errorContext') as never
const FROZEN_CONTEXTS = new WeakMap<object, object>()
const MAX_CAUSES = 10
const MAX_DEPTH = 8
const MAX_STRING = 10_000

/**
 * Attaches context variables to an error, to be logged and kept with it; merges into what it has.
 * @returns the error itself, or for what is no object an error around it, to be thrown
 * @example `throw withContext(new Error('Spam.'), { score, threshold })`
 */
export function withContext<TError>(error: TError, context: Readonly<Record<string, unknown>>): TError extends object ? TError : Error {
  const target: object = isObject(error) ? error : new Error(String(error))
  const merged = { ...errorContext(target), ...context }
  if (Object.isExtensible(target) || CONTEXT in target) Object.defineProperty(target, CONTEXT, { value: merged, configurable: true })
  else FROZEN_CONTEXTS.set(target, merged)
  return target as never
}

/** The context variables that were attached to an error. */
export function errorContext(error: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(error)) return {}
  return ((error as Record<symbol, object>)[CONTEXT] ?? FROZEN_CONTEXTS.get(error) ?? {}) as Record<string, unknown>
}

/** An error as data: type, message, code, stack, context and causes. Takes whatever was thrown. */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  return describe(thrown, MAX_CAUSES, new Set())
}

function describe(thrown: unknown, causesLeft: number, seen: Set<unknown>): ErrorRecord {
  seen.add(thrown)
  const error = (isObject(thrown) ? thrown : {}) as Partial<Error> & { code?: unknown; details?: unknown }
  const cause = error.cause
  const goesOn = cause !== undefined && cause !== null && causesLeft > 0 && !seen.has(cause)
  const next = goesOn ? describe(cause, causesLeft - 1, seen) : undefined
  return {
    type: typeOf(thrown),
    message: cut(isObject(thrown) ? String(error.message ?? safeText(thrown)) : String(thrown)),
    code: typeof error.code === 'string' || typeof error.code === 'number' ? String(error.code) : null,
    stack: typeof error.stack === 'string' ? cut(error.stack) : null,
    context: toPlain({ ...(isObject(error.details) ? error.details : {}), ...errorContext(thrown) }) as JsonObject,
    causes: next === undefined ? [] : [{ ...next, causes: [] }, ...next.causes],
  }
}

function typeOf(thrown: unknown): string {
  if (!isObject(thrown)) return typeof thrown
  const { name } = thrown as { name?: unknown }
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name
  return (thrown as { constructor?: { name?: string } }).constructor?.name ?? 'Error'
}

/** Any value as JSON, for logs and error contexts: what JSON can't hold is described, cycles and depth are cut. */
export function toPlain(value: unknown, depth: number = MAX_DEPTH, above: readonly unknown[] = []): JsonValue {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (!isObject(value) || typeof value === 'function') return safeText(value)
  if (above.includes(value)) return '[circular]'
  if (depth === 0) return '[deep]'
  const inside = [...above, value]
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => toPlain(item, depth - 1, inside))
  if (value instanceof Error) return toPlain({ name: value.name, message: value.message }, depth, above)
  return Object.fromEntries(safeEntries(value).map(([name, member]) => [name, toPlain(member, depth - 1, inside)]))
}

function safeEntries(value: object): [string, unknown][] {
  try {
    return Object.entries(value).slice(0, 100)
  } catch {
    return [] // a getter or a proxy that throws must not hide the error that is being described
  }
}

function safeText(value: unknown): string {
  try {
    return cut(String(value))
  } catch {
    return typeof value
  }
}

function cut(text: string): string {
  return text.length > MAX_STRING ? `${text.slice(0, MAX_STRING)}…` : text
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
