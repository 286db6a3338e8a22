import { defineCommand, runMain } from 'citty'

import type { FaultReport } from './fault-report.js'
import { runTabsByKind } from './tabs/run-tabs.js'

const main = defineCommand({
  meta: { name: 'faults', description: 'Lets real faults befall the real thing. Whatever is lost, doubled or stuck fails the command.' },
  args: {
    suite: { type: 'positional', required: true, description: 'tabs' },
    rounds: { type: 'string', default: '0', description: 'how many times each kind of fault strikes at each point' },
    crashes: { type: 'string', default: '0', description: 'how many tabs crash beside, at points by chance' },
    seed: { type: 'string', default: '1', description: 'decides what happens' },
    json: { type: 'boolean', default: false, description: 'the reports as JSON instead of a table' },
  },
  async run({ args }) {
    if (args.suite !== 'tabs') {
      console.error(`There is no fault run ${JSON.stringify(args.suite)}; known is tabs.`)
      process.exitCode = 2
      return
    }
    const { rounds, crashes, seed } = args
    const onProgress = (line: string): void => console.error(line)
    const reports = await runTabsByKind({ rounds: Number(rounds), crashes: Number(crashes), seed: Number(seed), onProgress })
    console.log(args.json ? JSON.stringify(Object.fromEntries(reports), null, 2) : toTable(reports))
    if ([...reports.values()].some(({ lost, doubled, stuck }) => lost + doubled + stuck > 0)) process.exitCode = 1
  },
})

const HEADINGS = ['run', 'sessions', 'firings', 'faults', 'lost', 'doubled', 'stuck', 'p50', 'p95', 'p99', 'max']

/** One row for each report; recovery in milliseconds. */
function toTable(reports: ReadonlyMap<string, FaultReport>): string {
  const rows = [...reports].map(([name, report]) => {
    const { sessions, firings, faults, lost, doubled, stuck, recoveryMs } = report
    const sorted = recoveryMs.toSorted((left, right) => left - right)
    const percentile = (share: number): number => Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN)
    const struck = Object.values(faults).reduce((total, count) => total + count, 0)
    return [name, sessions, firings, struck, lost, doubled, stuck, ...[0.5, 0.95, 0.99, 1].map(percentile)]
  })
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((row) => String(row[column]).length)))
  return [HEADINGS, ...rows].map((row) => row.map((cell, column) => String(cell).padStart(widths[column] ?? 0)).join('  ')).join('\n')
}

await runMain(main)
