import { type JsonValue } from '@triggerkit/contracts'
import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'

import { invalidConfiguration, type ConfigurationFault } from './configuration-fault.js'
import { setMember } from './json-walk.js'
import { quote } from './value-path.js'

/**
 * Reads a configuration file, JSON or JSONC (comments, trailing commas), as input for `parseConfiguration`: a list of
 * `[name, task]`, which keeps the order that the file has even where names look like integers.
 * @param name - what the text is called in faults, such as the name of its file
 * @throws `InvalidConfiguration` for a text that can't be read, and for a task given twice; the paths are `name:line:column`
 */
export function parseConfigurationText(text: string, name: string = 'configuration'): readonly unknown[] {
  const locate = (offset: number): string => `${name}:${lineAndColumn(text, offset)}`
  const root = readTree(text, locate)
  if (root.type === 'array') return toValue(root) as readonly unknown[]
  if (root.type === 'object') return readTasks(root, locate)
  const message = 'must be an object of tasks or a list of [name, task]'
  throw invalidConfiguration([{ path: locate(root.offset), message }])
}

function readTree(text: string, locate: (offset: number) => string): Node {
  const errors: ParseError[] = []
  // A byte order mark is no JSON; a space in its place keeps the offsets.
  const root = parseNested(text.replace(/^\uFEFF/, ' '), errors, locate)
  const faults = errors.map(({ error, offset }) => ({ path: locate(offset), message: inWords(printParseErrorCode(error)) }))
  if (faults.length > 0 || root === undefined) throw invalidConfiguration(faults)
  return root
}

/** jsonc-parser recurses: a text nested thousands of levels deep exhausts the stack. */
function parseNested(text: string, errors: ParseError[], locate: (offset: number) => string): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw invalidConfiguration([{ path: locate(0), message: 'is nested too deeply to be read' }])
  }
}

function readTasks(root: Node, locate: (offset: number) => string): readonly unknown[] {
  const tasks = new Map<string, { readonly offset: number; readonly value: JsonValue }>()
  const faults: ConfigurationFault[] = []
  for (const { offset, key, value } of members(root)) {
    const first = tasks.get(key)
    if (first === undefined) tasks.set(key, { offset, value: toValue(value) })
    else faults.push({ path: locate(offset), message: `the task ${quote(key)} is already given at ${locate(first.offset)}` })
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

function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/)
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`
}

/** `PropertyNameExpected` in words. */
function inWords(code: string): string {
  return code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase()
}
