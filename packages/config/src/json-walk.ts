import { type ErrorCode, type JsonValue } from '@triggerkit/contracts'

import { describeValue } from './describe-value.js'
import { valuePath } from './value-path.js'

/** How much a JSON value may hold. */
export interface JsonLimits {
  /** The size as {@link JsonWalk} counts it; 1 MiB unless given. */
  readonly maxBytes?: number
  /** How many lists and objects may lie in each other; 256 unless given. */
  readonly maxDepth?: number
}

/** Takes a fault; where it returns, the walk goes on with the next value. */
export type ReportFault = (code: ErrorCode, path: string, message: string) => void

/**
 * One walk over values that should be JSON, with one count of bytes.
 *
 * Counted are the UTF-8 bytes of strings and member names with two for their quotes, one for each bracket, comma and colon,
 * 8 for a number and 4 for `true`, `false` and `null`; escapes are not. It is what JSON text takes, give or take little,
 * and known without making that text.
 *
 * It lies in the way of every fire: trail and parents are two stacks that are overwritten from depth to depth, so that a node
 * costs no allocation but its copy.
 */
export interface JsonWalk {
  readonly root: string
  readonly maxBytes: number
  readonly maxDepth: number
  readonly report: ReportFault
  readonly trail: (string | number)[]
  readonly parents: object[]
  bytes: number
  /** The depth of what is being read: how much of the trail counts if reading throws. */
  reading: number
}

/** What is said of a value whose getter or proxy threw. */
export const UNREADABLE = 'reading it threw an error; give plain data'

/** A walk that begins at `root`, the path of what it will be given. */
export function beginWalk(root: string, limits: JsonLimits, report: ReportFault): JsonWalk {
  const { maxBytes = 1_048_576, maxDepth = 256 } = limits
  return { root, maxBytes, maxDepth, report, trail: [], parents: [], bytes: 0, reading: 0 }
}

/** A deep copy of plain data; what is not JSON is reported, and left as `null` if the report returns. */
export function copyJson(value: unknown, walk: JsonWalk, depth: number): JsonValue {
  switch (typeof value) {
    case 'string':
      return fits(walk, 2 + utf8Length(value)) ? value : null
    case 'number':
      if (!Number.isFinite(value)) break
      return fits(walk, 8) ? value + 0 : null
    case 'boolean':
      return fits(walk, 4) ? value : null
    case 'object':
      if (value === null) return fits(walk, 4) ? value : null
      if (Array.isArray(value)) return enter(value, walk, depth) ? copyList(value, walk, depth) : null
      if (isPlainObject(value)) return enter(value, walk, depth) ? copyObject(value, walk, depth) : null
      break
    default:
  }
  return refuse(walk, depth, `${describeValue(value)} is not JSON${advice(value)}`)
}

function copyList(list: readonly unknown[], walk: JsonWalk, depth: number): JsonValue {
  const length = list.length
  // Counted before the loop, so that a list with a billion holes ends here.
  if (!fits(walk, 2 + Math.max(0, length - 1))) return null
  const copy: JsonValue[] = []
  for (let index = 0; index < length; index++) {
    step(walk, depth, index)
    copy.push(copyJson(list[index], walk, depth + 1))
  }
  return copy
}

function copyObject(object: object, walk: JsonWalk, depth: number): JsonValue {
  const copy: Record<string, JsonValue> = {}
  if (!fits(walk, 2)) return copy
  for (const name of Object.keys(object)) {
    step(walk, depth, name)
    const value: unknown = (object as Record<string, unknown>)[name]
    if (value !== undefined) setMember(copy, name, copyMember(name, value, walk, depth))
  }
  return copy
}

/** Copies the value of a member, its name counted, of the object at `depth`. */
export function copyMember(name: string, value: unknown, walk: JsonWalk, depth: number): JsonValue {
  return fits(walk, 4 + utf8Length(name)) ? copyJson(value, walk, depth + 1) : null
}

/** Says which part of the value at `depth` is looked at next. */
export function step(walk: JsonWalk, depth: number, part: string | number): void {
  walk.trail[depth] = part
  walk.reading = depth + 1
}

/** Sets an own member, also one called `__proto__`, which an assignment would follow. */
export function setMember(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** Notes a list or object as the parent of what follows; false, after a report, if it may not be entered. */
export function enter(value: object, walk: JsonWalk, depth: number): boolean {
  for (let level = 0; level < depth; level++) {
    if (walk.parents[level] === value) return refuse(walk, depth, 'a cycle is not JSON: this contains itself') !== null
  }
  if (depth >= walk.maxDepth) return refuse(walk, depth, `is nested deeper than ${walk.maxDepth} levels`) !== null
  const symbols = Object.getOwnPropertySymbols(value)
  if (symbols.length > 0 && symbols.some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))) {
    return refuse(walk, depth, 'a symbol as the name of a member is not JSON; give a string') !== null
  }
  walk.parents[depth] = value
  return true
}

/** Counts bytes; the first count over the limit is reported, and everything later finds the walk full. */
function fits(walk: JsonWalk, bytes: number): boolean {
  const wasFull = isFull(walk)
  walk.bytes += bytes
  if (!isFull(walk)) return true
  if (!wasFull) walk.report('PayloadTooLarge', pathAt(walk, 0), `takes more than ${walk.maxBytes} bytes; keep large data elsewhere and pass a reference`)
  return false
}

/** Whether the limit on bytes is passed: nothing more is copied then. */
export function isFull({ bytes, maxBytes }: JsonWalk): boolean {
  return bytes > maxBytes
}

function refuse(walk: JsonWalk, depth: number, message: string): null {
  walk.report('InvalidPayload', pathAt(walk, depth), message)
  return null
}

/** The path of the value at `depth`, by default of the one that is being read. */
export function pathAt(walk: JsonWalk, depth: number = walk.reading): string {
  return valuePath(walk.root, walk.trail.slice(0, depth))
}

/** Whether it is an object as literals make them, of this realm or another (a frame, a `vm` context), or one without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty')
}

/** The bytes of a text in UTF-8. */
function utf8Length(text: string): number {
  let bytes = text.length
  // Long texts are mostly ASCII, which a pattern finds out several times faster than a loop.
  if (bytes > 64 && !/[\u0080-\uffff]/.test(text)) return bytes
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    // A surrogate pair takes 4 bytes, two for each half.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return bytes
}

const ADVICE: Readonly<Record<string, string>> = {
  'a Date': 'a string such as value.toISOString()',
  'a Map': 'an object, such as Object.fromEntries(value)',
  'a Set': 'a list, such as [...value]',
  'a bigint': 'a string',
  'a symbol': 'a string',
  'an object': 'a plain one, which inherits from none',
  undefined: 'null',
}

function advice(value: unknown): string {
  const instead = ADVICE[describeValue(value)]
  return instead === undefined ? '' : `; give ${instead}`
}
