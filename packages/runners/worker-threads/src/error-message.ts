import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { ErrorCode, JsonObject, JsonValue } from '@triggerkit/contracts'

/** An error on its way between threads: of errors the platform's own cloning keeps neither code nor class nor details. */
export interface ErrorMessage {
  readonly isTriggerkit: boolean
  readonly name: string
  readonly message: string
  readonly code: string | number | null
  readonly stack: string | null
  readonly details: JsonObject
  /** What the engine's `withContext` has attached. */
  readonly context: JsonObject
  readonly cause: ErrorMessage | null
}

/** Where the engine's `withContext` attaches variables, in any copy of it. */
const CONTEXT: unique symbol = Symbol.for('triggerkit/errorContext') as never
const MAX_CAUSES = 10

/** An error as plain data. Takes whatever was thrown, and never throws itself. */
export function toErrorMessage(thrown: unknown, causesLeft: number = MAX_CAUSES): ErrorMessage {
  const [message, code, stack, cause] = ['message', 'code', 'stack', 'cause'].map((name) => member(thrown, name))
  const goesOn = cause !== undefined && cause !== null && causesLeft > 0
  return {
    isTriggerkit: isOurs(thrown),
    name: nameOf(thrown),
    message: typeof message === 'string' ? message : textOf(thrown),
    code: typeof code === 'string' || typeof code === 'number' ? code : null,
    stack: typeof stack === 'string' ? stack : null,
    details: membersOf(member(thrown, 'details')),
    context: membersOf(member(thrown, CONTEXT)),
    cause: goesOn ? toErrorMessage(cause, causesLeft - 1) : null,
  }
}

/** The error that a message describes. */
export function toError(described: ErrorMessage): Error {
  const { isTriggerkit, name, message, code, stack, details, context, cause } = described
  const options = cause === null ? {} : { cause: toError(cause) }
  const error = isTriggerkit
    ? new TriggerkitError(code as ErrorCode, message, { ...options, details })
    : Object.assign(new Error(message, options), code === null ? {} : { code }, isEmpty(details) ? {} : { details })
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(error, 'stack', { value: stack ?? `${name}: ${message}`, configurable: true, writable: true })
  if (!isEmpty(context)) Object.defineProperty(error, CONTEXT, { value: context, configurable: true })
  return error
}

function isOurs(thrown: unknown): boolean {
  try {
    return isTriggerkitError(thrown)
  } catch {
    return false
  }
}

function nameOf(thrown: unknown): string {
  if (thrown === null || typeof thrown !== 'object') return 'Error'
  const names = [member(thrown, 'name'), member(member(thrown, 'constructor'), 'name')]
  return (names.find((name) => typeof name === 'string' && !['', 'Error', 'Object'].includes(name)) as string | undefined) ?? 'Error'
}

function textOf(thrown: unknown): string {
  try {
    return typeof thrown === 'object' ? (JSON.stringify(thrown) ?? 'null') : String(thrown)
  } catch {
    return 'What was thrown can be neither read nor printed.'
  }
}

// A getter or a proxy that throws must not hide the error that is being described.
function member(value: unknown, name: string | symbol): unknown {
  try {
    return (value as Record<string | symbol, unknown>)[name]
  } catch {
    return undefined
  }
}

/** An object's members as JSON, but for those that JSON can't hold. */
function membersOf(value: unknown): JsonObject {
  try {
    const members = Object.entries(value ?? {}).map(([name, each]) => [name, jsonOf(each)] as const)
    return Object.fromEntries(members.filter((entry): entry is readonly [string, JsonValue] => entry[1] !== undefined))
  } catch {
    return {}
  }
}

function jsonOf(value: unknown): JsonValue | undefined {
  try {
    const text = JSON.stringify(value) as string | undefined
    return text === undefined ? undefined : (JSON.parse(text) as JsonValue)
  } catch {
    return undefined
  }
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0
}
