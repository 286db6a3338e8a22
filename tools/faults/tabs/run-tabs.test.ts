import { expect, it } from 'vitest'

import { percentile } from '../report-table.js'
import { runTabs } from './run-tabs.js'
import { KINDS, POINTS } from './points.js'

/** What a closed or crashed tab's work may take until it is taken over; its end is later by as long as the tasks and a retry's cooldown take. */
const RECOVERY_MS = 2_000

it('nothing is lost, doubled or stuck, whatever befalls a tab at whichever point of firing and executing', { timeout: 600_000 }, async () => {
  const { faults, lost, doubled, stuck } = await runTabs({ crashes: 0, rounds: 1, seed: 1, browsers: 2, onProgress: (line) => console.info(line) })

  expect({ lost, doubled, stuck }).toEqual({ lost: 0, doubled: 0, stuck: 0 })
  expect(faults).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, POINTS.length])))
})

it('20 crashed tabs lose nothing, and their work is taken over within two seconds', { timeout: 200_000 }, async () => {
  const { faults, lost, doubled, stuck, recoveryMs } = await runTabs({ crashes: 20, seed: 2, onProgress: (line) => console.info(line) })

  expect({ faults, lost, doubled, stuck }).toEqual({ faults: { crash: 20 }, lost: 0, doubled: 0, stuck: 0 })
  expect(percentile(recoveryMs, 50)).toBeLessThan(RECOVERY_MS)
})
