import { type JsonValue } from '@triggerkit/contracts'
import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'

import { invalidConfiguration, type ConfigurationFault } from './configuration-fault.js'
import { setMember } from './json-walk.js'
import { quote } from './value-path.js'

/**
 * Reads a configuration file, JSON or JSONC (comments, trailing commas), as input for `parseConfiguration`: a list of
 * `[name, task]`, which keeps the order that the file has even where names look like integers.
 * @param name - the name of the text in faults, such as that of its file
 * @throws `InvalidConfiguration` for a text that can't be parsed, and for a task defined twice; the paths are `name:line:column`
 */
export function parseConfigurationText(text: string, name: string = 'configuration'): readonly unknown[] {
  const locate = locator(text, name)
  try {
    return readText(text, locate)
  } catch (error) {
    // Parser and reader recurse: a text nested thousands of levels deep exhausts the stack.
    if (!(error instanceof RangeError)) throw error
    throw invalidConfiguration([{ path: locate(0), message: 'is nested too deeply to be read' }])
  }
}

/** Says where an offset lies. */
type Locate = (offset: number) => string

function readText(text: string, locate: Locate): readonly unknown[] {
  const root = readTree(text, locate)
  if (root.type === 'array') return toValue(root) as readonly unknown[]
  if (root.type === 'object') return readTasks(root, locate)
  const message = 'must be an object of tasks or a list of [name, task]'
  throw invalidConfiguration([{ path: locate(root.offset), message }])
}

function readTree(text: string, locate: Locate): Node {
  const errors: ParseError[] = []
  // A byte order mark is no JSON; a space in its place keeps the offsets.
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true })
  const faults = errors.map(({ error, offset }) => ({ path: locate(offset), message: inWords(printParseErrorCode(error)) }))
  if (faults.length > 0 || root === undefined) throw invalidConfiguration(faults)
  return root
}

function readTasks(root: Node, locate: Locate): readonly unknown[] {
  const tasks = new Map<string, { readonly offset: number; readonly value: JsonValue }>()
  const faults: ConfigurationFault[] = []
  for (const { offset, key, value } of members(root)) {
    const first = tasks.get(key)
    if (first === undefined) tasks.set(key, { offset, value: toValue(value) })
    else faults.push({ path: locate(offset), message: `the task ${quote(key)} is already defined at ${locate(first.offset)}` })
  }
  if (faults.length > 0) throw invalidConfiguration(faults)
  return [...tasks].filter(([key, { value }]) => key !== '$schema' || typeof value !== 'string').map(([key, { value }]) => [key, value])
}

function members(object: Node): readonly { readonly offset: number; readonly key: string; readonly value: Node }[] {
  return (object.children ?? []).flatMap(({ offset, children: [key, value] = [] }) =>
    key === undefined || value === undefined ? [] : [{ offset, key: key.value as string, value }],
  )
}

function toValue(node: Node): JsonValue {
  if (node.type === 'array') return (node.children ?? []).map(toValue)
  if (node.type !== 'object') return node.value as JsonValue
  const object: Record<string, JsonValue> = {}
  for (const { key, value } of members(node)) setMember(object, key, toValue(value))
  return object
}

/** Finds `name:line:column`; where lines begin is looked up once, since a text can have as many faults as lines. */
function locator(text: string, name: string): Locate {
  let begins: readonly number[] | undefined
  return (offset) => {
    begins ??= [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ 0: end, index }) => index + end.length)]
    const line = countUpTo(begins, offset)
    return `${name}:${line}:${offset - (begins[line - 1] as number) + 1}`
  }
}

/** How many of the rising numbers are at most `limit`. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] as number) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

/** `PropertyNameExpected` in words. */
function inWords(code: string): string {
  return code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase()
}
