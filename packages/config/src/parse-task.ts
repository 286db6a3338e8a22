import { closestName, type JsonObject, type JsonValue, type TaskConfiguration } from '@triggerkit/contracts'

import { type ConfigurationFault, type Findings } from './configuration-fault.js'
import { describeValue } from './describe-value.js'
import { DIRECTIVES, findIssues, isDirective, type DirectiveName } from './directives.js'
import { beginWalk, copyMember, enter, isFull, isPlainObject, pathAt, setMember, step, UNREADABLE } from './json-walk.js'
import { quote, valuePath } from './value-path.js'

/** How many lists and objects may lie in each other in one task, the task itself included. */
export const MAX_TASK_DEPTH = 32

/** The size of one task's configuration, counted as by `toJson`. */
export const MAX_TASK_BYTES = 1_048_576

const MISSING: Partial<Record<DirectiveName, string>> = {
  after: 'is missing; list the triggers to wait for (the list may be empty)',
  run: 'is missing; name the task function',
}

const TAKES_SETS: readonly DirectiveName[] = ['after', 'unless']

/** What a task gives: JSON by directive; `undefined` stands for what is there but has a fault. */
type Given = Map<string, JsonValue | undefined>

/** Normalises one task; `undefined` after it noted a fault. */
export function parseTask(path: string, input: unknown, { faults, warnings }: Findings): TaskConfiguration | undefined {
  if (!isPlainObject(input)) {
    faults.push({ path, message: `must be an object with after and run, not ${describeValue(input)}` })
    return undefined
  }
  const known = faults.length
  const given = copyDirectives(path, input, faults)
  for (const directive of DIRECTIVES) checkDirective(path, directive, given, faults)
  if (faults.length > known) return undefined
  const task = normalise(given)
  noteDoubts(path, task, warnings)
  return task
}

/** Copies the directives with one count of bytes for all. */
function copyDirectives(path: string, input: Record<string, unknown>, faults: ConfigurationFault[]): Given {
  const given: Given = new Map()
  const limits = { maxBytes: MAX_TASK_BYTES, maxDepth: MAX_TASK_DEPTH }
  const walk = beginWalk(path, limits, (_code, at, message) => faults.push({ path: at, message }))
  enter(input, walk, 0)
  for (const directive of Object.keys(input)) {
    step(walk, 0, directive)
    const known = faults.length
    let copy: JsonValue | undefined
    try {
      const value = plainValue(directive, input[directive])
      if (value === undefined) continue
      copy = copyMember(directive, value, walk, 0)
    } catch {
      faults.push({ path: pathAt(walk), message: UNREADABLE })
    }
    given.set(directive, faults.length > known || isFull(walk) ? undefined : copy)
  }
  return given
}

/** A list for a Set that code may give; nothing for an optional directive that is null. */
function plainValue(directive: string, value: unknown): unknown {
  if (!isDirective(directive)) return value
  if (value === null && !(directive in MISSING)) return undefined
  return value instanceof Set && TAKES_SETS.includes(directive) ? [...(value as Set<unknown>)] : value
}

function checkDirective(task: string, directive: DirectiveName, given: Given, faults: ConfigurationFault[]): void {
  const path = valuePath(task, [directive])
  const missing = given.has(directive) ? undefined : MISSING[directive]
  if (missing !== undefined) faults.push({ path, message: missing })
  const value = given.get(directive)
  if (value === undefined) return
  for (const issue of findIssues(directive, value)) {
    faults.push({ path: valuePath(path, issue.path as (string | number)[]), message: issue.message })
  }
}

/** The directives with every default filled in; each has passed its check. */
function normalise(given: Given): TaskConfiguration {
  const names = (directive: DirectiveName) => (given.get(directive) ?? []) as readonly string[]
  const text = (directive: DirectiveName) => (given.get(directive) ?? '') as string
  const andEvery = text('andEvery') || null
  return {
    after: [...new Set([...names('after'), ...(andEvery === null ? [] : [andEvery])])],
    andEvery,
    unless: [...new Set(names('unless'))],
    withParams: (given.get('withParams') ?? {}) as JsonObject,
    run: text('run'),
    // No runner can be registered under an empty key: like that of `andEvery`, it stands for none.
    using: text('using') || null,
    extras: collectExtras(given),
  }
}

function collectExtras(given: Given): JsonObject {
  const extras: Record<string, JsonValue> = {}
  for (const [directive, value] of given) {
    if (!isDirective(directive) && value !== undefined) setMember(extras, directive, value)
  }
  return extras
}

/** What is legal and yet probably not meant. */
function noteDoubts(path: string, task: TaskConfiguration, warnings: ConfigurationFault[]): void {
  const doubt = (steps: readonly string[], message: string) => warnings.push({ path: valuePath(path, steps), message })
  for (const directive of Object.keys(task.extras)) {
    const close = closestName(directive, DIRECTIVES)
    if (close !== undefined) doubt([directive], `is kept but has no effect; did you mean ${close}?`)
  }
  for (const [trigger, value] of Object.entries(task.withParams)) {
    if (!isPlainObject(value)) doubt(['withParams', trigger], `the kwargs of a trigger are an object, not ${describeValue(value)}`)
  }
  const awaited = new Set(task.after)
  for (const trigger of task.unless) {
    if (awaited.has(trigger)) doubt(['unless'], `${quote(trigger)} is in after, too: the task waits for what keeps it from running`)
  }
}
