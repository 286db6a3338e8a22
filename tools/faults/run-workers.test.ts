import { expect, it } from 'vitest'

import { percentile, toTable } from './report-table.js'
import { runWorkers } from './run-workers.js'

const LIMIT = { timeout: 300_000 }
/** Each push; by command it may be any number. */
const KILLS = 10

it(`the work of ${KILLS} killed workers runs again, loses nothing and doubles nothing, late results included`, LIMIT, async () => {
  const report = await runWorkers({ kills: KILLS, seed: 1 })

  console.log(toTable(report))
  expect(report).toMatchObject({ faults: { 'worker killed': KILLS, 'worker frozen beyond its lease': 1 }, lost: 0, doubled: 0, stuck: 0 })
  expect(report.faults['result after the lease']).toBeGreaterThan(0)
  expect(percentile(report.recoveryMs, 50)).toBeLessThan(12_000)
})

it('the oracle finds out, around a killed worker, what is lost, doubled and stuck', LIMIT, async () => {
  const report = await runWorkers({ kills: 1, seed: 1, defects: ['loses a firing', 'doubles a firing', 'never ends'], patience: 30_000 })

  expect(report).toMatchObject({ lost: 1, doubled: 1, stuck: 1 })
})
