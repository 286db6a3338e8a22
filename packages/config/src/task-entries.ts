import { type Findings } from './configuration-fault.js'
import { describeValue } from './describe-value.js'
import { isPlainObject } from './json-walk.js'
import { nameFault } from './names.js'
import { valuePath } from './value-path.js'

/** How many tasks one configuration may name. */
export const MAX_TASKS = 10_000

/** A task as given, its name checked. It is still to be read, which a getter may end with an error. */
export type TaskEntry = readonly [name: string, task: () => unknown]

interface Row {
  readonly path: string
  readonly name: unknown
  readonly task: () => unknown
}

/** The tasks of an object, a list of `[name, task]` or a Map, in their order; what can't be one becomes a fault. */
export function readEntries(given: unknown, findings: Findings): readonly TaskEntry[] {
  const input: unknown = given instanceof Map ? [...(given as Map<unknown, unknown>)] : given
  // Counted before it is read, too: a list may have a billion holes.
  if (Array.isArray(input) && input.length > MAX_TASKS) return tooMany(input.length, findings)
  const rows = readRows(input, findings)
  return rows.length > MAX_TASKS ? tooMany(rows.length, findings) : nameRows(rows, findings)
}

function tooMany(count: number, { faults }: Findings): readonly TaskEntry[] {
  faults.push({ path: 'configuration', message: `has ${count} tasks, ${MAX_TASKS} are allowed` })
  return []
}

function readRows(input: unknown, findings: Findings): readonly Row[] {
  if (Array.isArray(input)) return Array.from(input, (pair: unknown, index) => readPair(pair, `[${index}]`, findings)).filter((row) => row !== null)
  if (isPlainObject(input)) return readMembers(input, findings)
  const message = `must be an object, a Map or a list of [name, task], not ${describeValue(input)}`
  findings.faults.push({ path: 'configuration', message })
  return []
}

function readPair(pair: unknown, path: string, { faults }: Findings): Row | null {
  if (Array.isArray(pair) && pair.length === 2) return { path, name: pair[0] as unknown, task: () => pair[1] as unknown }
  faults.push({ path, message: 'must be a pair [name, task]' })
  return null
}

function readMembers(input: Record<string, unknown>, { warnings }: Findings): readonly Row[] {
  // `$schema` tells an editor which JSON Schema describes the file.
  const names = Object.keys(input).filter((name) => name !== '$schema' || typeof input[name] !== 'string')
  for (const name of names.filter(isIntegerLike)) {
    const message = 'JavaScript moves names that look like integers to the front; give a list of [name, task] to keep your order'
    warnings.push({ path: valuePath('', [name]), message })
  }
  return names.map((name) => ({ path: valuePath('', [name]), name, task: () => input[name] }))
}

/** Whether it is what the language calls an array index: those come first in an object, in numeric order. */
function isIntegerLike(name: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1
}

function nameRows(rows: readonly Row[], { faults }: Findings): readonly TaskEntry[] {
  const named = new Map<string, () => unknown>()
  for (const { path, name, task } of rows) {
    const message = nameFault(name) ?? (named.has(name as string) ? 'another task before it has the same name' : undefined)
    if (message === undefined) named.set(name as string, task)
    else faults.push({ path: typeof name === 'string' && name !== '' ? valuePath('', [name]) : path, message })
  }
  return [...named]
}
