import type { JsonObject } from 'triggerkit'

import type { BadLine, ReplayEvent } from './event.js'
import { splitLines } from './lines.js'
import { grouped, printable } from './printable.js'

/** Twice the limit of a payload: room for escapes and for the names around it. */
export const MAX_LINE_BYTES = 2 * 1_048_576

const BYTE_ORDER_MARK = Buffer.from('\uFEFF')
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Reads newline-delimited JSON, line by line, as fast as the events are taken. Empty lines are passed over. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<ReplayEvent | BadLine> {
  for await (const { number, bytes } of splitLines(chunks, MAX_LINE_BYTES)) {
    if (bytes === null) yield { line: number, reason: `is longer than ${grouped(MAX_LINE_BYTES)} bytes` }
    else if (!isEmpty(bytes)) yield parseLine(number, bytes)
  }
}

/** Whether nothing stands on the line; a byte order mark, which the decoder passes over, is nothing. */
function isEmpty(line: Buffer): boolean {
  const text = line.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? line.subarray(BYTE_ORDER_MARK.length) : line
  return text.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)
}

function parseLine(line: number, bytes: Buffer): ReplayEvent | BadLine {
  const parsed = parseJson(bytes)
  return 'reason' in parsed ? { line, reason: parsed.reason } : toEvent(line, parsed.value)
}

function parseJson(bytes: Buffer): { readonly value: unknown } | { readonly reason: string } {
  try {
    return { value: JSON.parse(decoder.decode(bytes)) as unknown }
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { reason: 'is not UTF-8' }
    return { reason: `is not JSON: ${printable(error.message, 120)}` }
  }
}

function toEvent(line: number, value: unknown): ReplayEvent | BadLine {
  if (!isObject(value)) return { line, reason: `must be an object with "session" and "trigger", not ${nameOf(value)}` }
  const { session, trigger, kwargs, id } = value
  const faults = [
    ...textFault('session', session, true),
    ...textFault('trigger', trigger, true),
    ...(kwargs === undefined || kwargs === null || isObject(kwargs) ? [] : [`"kwargs" must be an object, not ${nameOf(kwargs)}`]),
    ...textFault('id', id, false),
  ]
  if (faults.length > 0) return { line, reason: faults.join('; ') }
  return {
    line,
    session: session as string,
    trigger: trigger as string,
    ...(isObject(kwargs) && { kwargs: kwargs as JsonObject }),
    ...(typeof id === 'string' && { id }),
  }
}

function textFault(name: string, value: unknown, isRequired: boolean): readonly string[] {
  if (value === undefined || value === null) return isRequired ? [`"${name}" is missing`] : []
  return typeof value === 'string' ? [] : [`"${name}" must be a string, not ${nameOf(value)}`]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
