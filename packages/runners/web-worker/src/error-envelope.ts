import { isTriggerkitError, TriggerkitError, type ErrorCode } from '@triggerkit/contracts'

/** Where the engine keeps an error's context variables. */
const CONTEXT: unique symbol = Symbol.for('triggerkit/errorContext') as never
const MAX_CAUSES = 10

type Members = Readonly<Record<string, unknown>>

/** An error as data that a structured clone leaves whole. */
export interface ErrorEnvelope {
  readonly name: string
  readonly message: string
  readonly code: string | number | null
  readonly stack: string | null
  readonly details: Members | null
  readonly context: Members | null
  readonly cause: ErrorEnvelope | null
  /** Whether it is an error of Triggerkit's. */
  readonly ours: boolean
}

/** Takes whatever was thrown, and never throws itself. */
export function toEnvelope(thrown: unknown, causesLeft: number = MAX_CAUSES): ErrorEnvelope {
  const [name, message, code, stack, details, cause] = ['name', 'message', 'code', 'stack', 'details', 'cause'].map((key) => member(thrown, key))
  const goesOn = cause !== undefined && cause !== null && causesLeft > 0
  return {
    name: typeof name === 'string' && name !== '' ? name : 'Error',
    message: typeof message === 'string' ? message : textOf(thrown),
    code: typeof code === 'string' || typeof code === 'number' ? code : null,
    stack: typeof stack === 'string' ? stack : null,
    details: plainMembers(details),
    context: plainMembers(member(thrown, CONTEXT)),
    cause: goesOn ? toEnvelope(cause, causesLeft - 1) : null,
    ours: isTriggerkitError(thrown),
  }
}

/** The error that an envelope tells of: of Triggerkit's own class if it was one, else with its name, code and cause. */
export function fromEnvelope(envelope: ErrorEnvelope): Error {
  const { name, message, code, stack, details, context, ours } = envelope
  const cause = envelope.cause === null ? {} : { cause: fromEnvelope(envelope.cause) }
  const error = ours
    ? new TriggerkitError(code as ErrorCode, message, { ...cause, ...(details !== null && { details }) })
    : Object.assign(new Error(message, cause), { name }, code !== null && { code }, details !== null && { details })
  if (stack !== null) error.stack = stack
  if (context !== null) Object.defineProperty(error, CONTEXT, { value: context, configurable: true })
  return error
}

// A getter or a proxy that throws must not hide the error that is being described.
function member(value: unknown, name: string | symbol): unknown {
  try {
    return (value as Record<string | symbol, unknown>)[name]
  } catch {
    return undefined
  }
}

function textOf(thrown: unknown): string {
  try {
    return typeof thrown === 'object' && thrown !== null ? (JSON.stringify(thrown) ?? 'An error without a message.') : String(thrown)
  } catch {
    return 'An error that can not be read.'
  }
}

/** What of an object's members JSON can hold; the rest is left out. */
function plainMembers(value: unknown): Members | null {
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(Object.keys(value).flatMap((name) => plainMember(value, name)))
}

function plainMember(value: object, name: string): readonly [string, unknown][] {
  try {
    const text = JSON.stringify(member(value, name))
    return text === undefined ? [] : [[name, JSON.parse(text)]]
  } catch {
    return [[name, '[unreadable]']]
  }
}
