import { isTriggerkitError } from '@triggerkit/contracts'
import type { ErrorCode, JsonValue } from '@triggerkit/contracts'
import { firstDifference } from '../first-difference.js'

const LONGEST_SHOWN = 200

/** What a case rejects with: the adapter, not the case, is at fault. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

/** Compares as JSON does, maps as objects; the message names the first path that differs. */
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  const difference = firstDifference(plain(expected), plain(actual))
  if (difference === undefined) return
  const place = difference.path === '' ? what : `${what}, at ${difference.path}`
  throw new BrokenPromise(`${place}: expected ${shown(difference.expected)}, found ${shown(difference.actual)}`)
}

export function assertThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new BrokenPromise(message)
}

/** The call must be refused with that code, whether it rejects or throws at once. */
export async function assertRefused(call: () => unknown, code: ErrorCode, what: string): Promise<void> {
  let answer: unknown
  try {
    answer = await call()
  } catch (error) {
    if (isTriggerkitError(error, code)) return
    throw new BrokenPromise(`${what}: expected a TriggerkitError of code ${code}, found ${String(error)}`, { cause: error })
  }
  throw new BrokenPromise(`${what}: expected a TriggerkitError of code ${code}, found the answer ${shown(plain(answer))}`)
}

/** A value with its maps as objects, so that it can be compared member by member. */
function plain(value: unknown): JsonValue | undefined {
  if (isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)])) as JsonValue
  if (Array.isArray(value)) return value.map((item) => plain(item) ?? null)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)])) as JsonValue
}

/** Also one of another realm: a worker's, a frame's, a test environment's. */
function isMap(value: unknown): value is ReadonlyMap<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]'
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = Object.is(value, -0) ? '-0' : JSON.stringify(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)` : text
}
