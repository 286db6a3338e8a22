import type { Descriptor, Timer } from '@triggerkit/contracts'
import { systemClock } from '@triggerkit/engine'
import type { SuiteTest } from './suite.js'

/** Whether one promise was kept. */
export interface ReportedCase {
  readonly id: string
  readonly promise: string
  readonly outcome: 'kept' | 'broken' | 'notOffered'
  /** For a broken promise: what differed. For one that is not offered: which capability is missing. */
  readonly reason?: string
}

/** Which promises an adapter keeps, as plain JSON data. */
export interface ConformanceReport {
  /** The adapter's package. */
  readonly adapter: string
  readonly version: string
  /** How many promises had each outcome. */
  readonly kept: number
  readonly broken: number
  readonly notOffered: number
  readonly cases: readonly ReportedCase[]
}

export interface ReportOptions {
  /** How long one test may take, in milliseconds, before its promise counts as broken. Default: 60,000. */
  readonly timeLimit?: number
}

/** Runs a suite's tests, one after the other, and reports which promises the adapter keeps. It never rejects because of a broken one. */
export async function runForReport(
  { package: adapter, version }: Pick<Descriptor, 'package' | 'version'>,
  tests: readonly SuiteTest[],
  { timeLimit = 60_000 }: ReportOptions = {},
): Promise<ConformanceReport> {
  const cases: ReportedCase[] = []
  for (const test of tests) cases.push(await reported(test, timeLimit))
  const count = (outcome: ReportedCase['outcome']) => cases.filter((one) => one.outcome === outcome).length
  return { adapter, version, kept: count('kept'), broken: count('broken'), notOffered: count('notOffered'), cases }
}

/** A report as text: a summary line, then the promises that are broken, not offered, and kept. */
export function formatReport({ adapter, version, kept, broken, notOffered, cases }: ConformanceReport): string {
  const lines = [`${adapter}@${version}: promises kept: ${kept}, broken: ${broken}, not offered: ${notOffered}`]
  for (const [outcome, title] of [['broken', 'Broken'], ['notOffered', 'Not offered'], ['kept', 'Kept']] as const) {
    const listed = cases.filter((one) => one.outcome === outcome)
    if (listed.length > 0) lines.push('', title, ...listed.flatMap(linesOf))
  }
  return lines.join('\n')
}

function linesOf({ id, promise, reason }: ReportedCase): readonly string[] {
  const text = `  ${id}  ${promise}`
  return reason === undefined ? [text] : [text, ...reason.split('\n').map((line) => `      ${line}`)]
}

async function reported({ id, promise, skipped, run }: SuiteTest, timeLimit: number): Promise<ReportedCase> {
  if (skipped !== null) return { id, promise, outcome: 'notOffered', reason: skipped }
  try {
    await within(timeLimit, run())
    return { id, promise, outcome: 'kept' }
  } catch (error) {
    return { id, promise, outcome: 'broken', reason: error instanceof Error ? error.message : String(error) }
  }
}

async function within(timeLimit: number, running: Promise<void>): Promise<void> {
  let timer: Timer
  const limit = new Promise<never>((_resolve, reject) => {
    timer = systemClock.setTimer(() => reject(new Error(`There was no end within ${timeLimit} ms.`)), timeLimit)
  })
  try {
    await Promise.race([running, limit])
  } finally {
    systemClock.clearTimer(timer)
  }
}
