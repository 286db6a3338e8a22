import { shown, tableOf } from '@triggerkit/tool-simulator'

import type { FaultReport } from './fault-report.js'

const PERCENTILES = [50, 90, 99, 100] as const

/** Whether nothing was lost, doubled or left behind. */
export function isClean({ lost, doubled, stuck }: FaultReport): boolean {
  return lost + doubled + stuck === 0
}

/** The value that so many percent of the values do not exceed; none of no values. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
}

/** The report as a machine reads it: recoveries as percentiles, in milliseconds. */
export function toJson({ recoveryMs, ...counts }: FaultReport): string {
  const recovery = Object.fromEntries(PERCENTILES.map((percent) => [nameOf(percent), percentile(recoveryMs, percent) ?? null]))
  return JSON.stringify({ ...counts, recoveries: recoveryMs.length, recoveryMs: recovery }, null, 2)
}

/** The report as a table. */
export function toTable(report: FaultReport): string {
  const { sessions, firings, faults, lost, doubled, stuck, recoveryMs } = report
  const rows: (readonly [string, string])[] = [
    ['sessions', shown(sessions)],
    ['firings', shown(firings)],
    ['faults', shown(Object.values(faults).reduce((sum, count) => sum + count, 0))],
    ...Object.entries(faults).map(([kind, count]) => [`  ${kind}`, shown(count)] as const),
    ['lost', shown(lost)],
    ['doubled', shown(doubled)],
    ['stuck', shown(stuck)],
    ['recoveries', shown(recoveryMs.length)],
    ...PERCENTILES.map((percent) => [`  ${nameOf(percent)}`, milliseconds(percentile(recoveryMs, percent))] as const),
  ]
  return tableOf(rows)
}

function nameOf(percent: number): string {
  return percent === 100 ? 'max' : `p${percent}`
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${shown(Math.round(value))} ms`
}
