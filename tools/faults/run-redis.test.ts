import { expect, it } from 'vitest'

import { toTable } from './report-table.js'
import { runRedis } from './run-redis.js'

const LIMIT = { timeout: 240_000 }
/** Each push; by command it may be any number. */
const KILLS = 3

it(`a Redis killed ${KILLS} times loses nothing that was acknowledged, and what waited goes on`, LIMIT, async () => {
  const report = await runRedis({ kills: KILLS, seed: 1 })

  console.log(toTable(report))
  expect(report).toMatchObject({ faults: { 'Redis killed': KILLS }, lost: 0, doubled: 0, stuck: 0 })
  expect(report.recoveryMs.length).toBeGreaterThanOrEqual(KILLS)
})

it('the oracle finds out, around a kill of Redis, what is lost, doubled and stuck', LIMIT, async () => {
  const report = await runRedis({ kills: 1, seed: 1, defects: ['loses a firing', 'doubles a firing', 'never ends'], patience: 30_000 })

  expect(report).toMatchObject({ lost: 1, doubled: 1, stuck: 1 })
})
