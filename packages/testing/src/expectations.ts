import { TriggerkitError } from '@triggerkit/contracts'
import type { ErrorRecord, JsonObject } from '@triggerkit/contracts'
import { parseInstanceName } from '@triggerkit/core'
import type { DebugView, InstanceStatus, InstanceView, SessionView } from '@triggerkit/engine'
import { instanceOf, report, said } from './report.js'
import { isSameJson, jsonText } from './same-json.js'

/** A manager, or a session to look at. */
export type Inspectable = Pick<SessionView, 'debugView'>

/** An error by its class, its name or its code. */
export type ExpectedError = string | (abstract new (...args: never[]) => unknown)

/** Whether an expectation is met; if so, the message is for who expected the contrary. */
export interface Verdict {
  readonly pass: boolean
  readonly message: string
  readonly actual?: unknown
  readonly expected?: unknown
}

/** What is expected of a session. */
export type Expectation = (view: DebugView) => Verdict

/** The statuses that a test may expect: the others pass by. */
type ExpectedStatus = Exclude<InstanceStatus, 'scheduled' | 'running'>

/** What one says that an instance should do. */
const EXPECTED: Readonly<Record<ExpectedStatus, string>> = {
  abandoned: 'have been abandoned',
  failed: 'have failed',
  finished: 'have finished',
  replayed: 'have been replayed',
  skipped: 'have been skipped',
  unstarted: 'be unstarted',
}

/** What one says where it did that against expectation. */
const AFFIRMED: Readonly<Record<ExpectedStatus, string>> = {
  abandoned: 'was',
  failed: 'did',
  finished: 'did',
  replayed: 'was',
  skipped: 'was',
  unstarted: 'is',
}

/** More than a status: what else must hold, how that is said, and what holds instead. */
interface Particular {
  readonly text: string
  readonly holds: (instance: InstanceView) => boolean
  readonly instead: (instance: InstanceView) => string
  readonly values?: (instance: InstanceView) => Pick<Verdict, 'actual' | 'expected'>
}

/** @throws `InvalidName` for what can't be an instance's name */
export function expectStatus(name: string, status: ExpectedStatus, particular?: Particular): Expectation {
  checkInstanceName(name)
  const expected = `${EXPECTED[status]}${particular?.text ?? ''}`
  return (view) => {
    const instance = instanceOf(view, name)
    const pass = instance?.status === status && (particular?.holds(instance) ?? true)
    const fault = pass ? `${name} should not ${expected}, but it ${AFFIRMED[status]}` : `${name} should ${expected}, but ${otherwise(instance, status, particular)}`
    return { pass, message: `${fault}.\n${report(view, [name])}`, ...(instance?.status === status && particular?.values?.(instance)) }
  }
}

/** @throws `InvalidName` for what can't be an instance's name */
export function expectFinished(name: string, ...result: readonly [] | readonly [JsonObject]): Expectation {
  if (result.length === 0) return expectStatus(name, 'finished')
  const [expected] = result
  return expectStatus(name, 'finished', {
    text: ` with ${jsonText(expected)}`,
    holds: (instance) => isSameJson(instance.result, expected),
    instead: (instance) => `its result is ${jsonText(instance.result)}`,
    values: (instance) => ({ actual: instance.result, expected }),
  })
}

/** @throws `InvalidName` for what can't be an instance's name */
export function expectFailed(name: string, expected?: ExpectedError): Expectation {
  if (expected === undefined) return expectStatus(name, 'failed')
  return expectStatus(name, 'failed', {
    text: ` with ${typeof expected === 'string' ? expected : expected.name}`,
    holds: ({ error }) => error !== null && [error, ...error.causes].some((each) => isOf(each, expected)),
    instead: ({ error }) => `it failed with ${error?.type ?? 'no error'}`,
  })
}

/** @throws `InvalidName` for what can't be an instance's name */
export function expectMissing(name: string): Expectation {
  checkInstanceName(name)
  return (view) => {
    const instance = instanceOf(view, name)
    const fault = instance === undefined ? `${name} should exist, but it is missing` : `${name} should be missing, but it ${said(instance)}`
    return { pass: instance === undefined, message: `${fault}.\n${report(view, [name])}` }
  }
}

/** The tasks without instances, and those with an unresolved one, must be those named, in whatever order. */
export function expectUnresolvedTasks(names: readonly string[]): Expectation {
  return (view) => {
    const unresolved = Object.values(view.instances).filter(({ isResolved }) => !isResolved)
    const tasks = Object.values(view.tasks).filter(({ name, instances }) => instances === 0 || unresolved.some(({ task }) => task === name))
    return expectNames(view, 'tasks', names, { found: tasks.map(({ name }) => name), concerned: unresolved.map(({ name }) => name) })
  }
}

/** The instances that are not in a final status must be those named, in whatever order. */
export function expectUnresolvedInstances(names: readonly string[]): Expectation {
  for (const name of names) checkInstanceName(name)
  return (view) => {
    const unresolved = Object.values(view.instances).filter(({ isResolved }) => !isResolved)
    const found = unresolved.map(({ name }) => name)
    return expectNames(view, 'instances', names, { found, concerned: found })
  }
}

interface Found {
  readonly found: readonly string[]
  /** The instances whose errors are of interest. */
  readonly concerned: readonly string[]
}

function expectNames(view: DebugView, what: string, names: readonly string[], { found, concerned }: Found): Verdict {
  const [actual, expected] = [[...found].sort(), [...names].sort()]
  const pass = isSameJson(actual, expected)
  const differences = [...difference('resolved or unknown', expected, actual), ...difference('unresolved, too', actual, expected)].join('; ')
  const fault = pass
    ? `The unresolved ${what} should not be ${list(names)}, but they are`
    : `The unresolved ${what} should be ${list(names)}, but they are ${list(found)}${differences === '' ? '' : ` (${differences})`}`
  return { pass, message: `${fault}.\n${report(view, concerned)}`, actual, expected }
}

function difference(title: string, names: readonly string[], others: readonly string[]): readonly string[] {
  const missing = names.filter((name) => !others.includes(name))
  return missing.length === 0 ? [] : [`${title}: ${missing.join(', ')}`]
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

function otherwise(instance: InstanceView | undefined, status: InstanceStatus, particular: Particular | undefined): string {
  if (instance === undefined) return 'there is no such instance'
  if (instance.status === status) return particular?.instead(instance) ?? `it ${said(instance)}`
  const hint = instance.status === 'scheduled' || instance.status === 'running' ? ' (was drain awaited?)' : ''
  return `it ${said(instance)}${hint}`
}

/** Whether an error is of that class, name or code. An instance keeps no class, so that only `Error` stands for its subclasses. */
function isOf({ type, code }: ErrorRecord, expected: ExpectedError): boolean {
  if (typeof expected === 'string') return type === expected || code === expected
  if (expected === Error) return !PRIMITIVES.has(type)
  const { name: instanceName } = (expected.prototype ?? {}) as { readonly name?: unknown }
  return type === expected.name || (type === instanceName && instanceName !== 'Error')
}

/** How values are described that were thrown without being objects. */
const PRIMITIVES: ReadonlySet<string> = new Set(['string', 'number', 'bigint', 'boolean', 'symbol', 'undefined', 'function', 'null'])

function checkInstanceName(name: string): void {
  if (parseInstanceName(name) !== undefined) return
  const message = `${JSON.stringify(name)} is not an instance's name: those have the form <task>#<number>, such as ${name}#0.`
  throw new TriggerkitError('InvalidName', message, { details: { name } })
}
