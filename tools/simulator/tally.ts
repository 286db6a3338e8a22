import { shown, tableOf } from './report-rows.js'
import type { Outcome, Violation } from './simulation.js'

/** What came of many runs. */
export interface Tally {
  seeds: number
  steps: number
  commits: number
  /** How many faults of each kind struck. */
  faults: Record<string, number>
  /** How many struck in the run that had the fewest. */
  leastFaults: number
  acknowledged: number
  unknown: number
  rejected: number
  /** The longest time from the end of the faults until everything was at rest, in virtual milliseconds. */
  longestRecovery: number
  /** The fingerprint of all runs together, whoever ran which. */
  hash: string
  /** How many seeds failed, and the first of them. */
  failed: number
  failures: { readonly seed: number; readonly violations: readonly Violation[] }[]
}

const KEPT_FAILURES = 10

export function emptyTally(): Tally {
  return {
    seeds: 0, steps: 0, commits: 0, faults: {}, leastFaults: Number.MAX_SAFE_INTEGER, acknowledged: 0, unknown: 0, rejected: 0,
    longestRecovery: 0, hash: '0'.repeat(16), failed: 0, failures: [],
  }
}

/** One run as a tally. */
export function tallyOf(seed: number, outcome: Outcome): Tally {
  const { steps, commits, acknowledged, unknown, rejected, recovery, hash, violations } = outcome
  const faults = Object.fromEntries(outcome.faults)
  const failures = violations.length > 0 ? [{ seed, violations }] : []
  const leastFaults = [...outcome.faults.values()].reduce((sum, count) => sum + count, 0)
  return { seeds: 1, steps, commits, faults, leastFaults, acknowledged, unknown, rejected, longestRecovery: recovery, hash: hash.slice(0, 16), failed: failures.length, failures }
}

/** Adds what others ran. */
export function add(to: Tally, other: Tally): void {
  for (const key of ['seeds', 'steps', 'commits', 'acknowledged', 'unknown', 'rejected', 'failed'] as const) to[key] += other[key]
  for (const [kind, count] of Object.entries(other.faults)) to.faults[kind] = (to.faults[kind] ?? 0) + count
  to.leastFaults = Math.min(to.leastFaults, other.leastFaults)
  to.longestRecovery = Math.max(to.longestRecovery, other.longestRecovery)
  to.hash = (BigInt(`0x${to.hash}`) ^ BigInt(`0x${other.hash}`)).toString(16).padStart(16, '0')
  to.failures = [...to.failures, ...other.failures].sort((left, right) => left.seed - right.seed).slice(0, KEPT_FAILURES)
}

/** The tally as a table. */
export function toTable(tally: Tally): string {
  const { faults, seeds, failed } = tally
  const kinds = Object.entries(faults).sort(([left], [right]) => (left < right ? -1 : 1))
  const struck = kinds.reduce((sum, [, count]) => sum + count, 0)
  const rows: (readonly [string, string])[] = [
    ['seeds', shown(seeds)],
    ['steps', shown(tally.steps)],
    ['commits applied', shown(tally.commits)],
    ['faults', `${shown(struck)} (${(struck / Math.max(1, seeds)).toFixed(1)} a seed, ${seeds === 0 ? 0 : tally.leastFaults} at least)`],
    ...kinds.map(([kind, count]) => [`  ${kind}`, shown(count)] as const),
    ['commands acknowledged', shown(tally.acknowledged)],
    ['commands unknown', shown(tally.unknown)],
    ['commands rejected', shown(tally.rejected)],
    ['longest recovery', `${shown(tally.longestRecovery)} ms of virtual time`],
    ['hash', tally.hash],
    ['seeds with violations', shown(failed)],
  ]
  return tableOf(rows)
}
