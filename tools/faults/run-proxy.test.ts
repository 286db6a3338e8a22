import { describe, expect, it } from 'vitest'

import type { Defect } from './defects.js'
import { toTable } from './report-table.js'
import { runProxy } from './run-proxy.js'

const LIMIT = { timeout: 240_000 }
/** Each push; by command it may be any number. */
const SESSIONS = 500

describe('behind a proxy that swallows replies and cuts connections', () => {
  it(`${SESSIONS} sessions lose nothing, double nothing and come to their end`, LIMIT, async () => {
    const findings: string[] = []

    const report = await runProxy({ sessions: SESSIONS, seed: 1, onProgress: (line) => findings.push(line) })

    console.log(toTable(report))
    expect(findings).toEqual([])
    expect(report).toMatchObject({ sessions: SESSIONS, lost: 0, doubled: 0, stuck: 0 })
    expect(report.faults['reply swallowed']).toBeGreaterThan(SESSIONS / 20)
    expect(report.faults['outage']).toBe(1)
    expect(report.recoveryMs.length).toBeGreaterThan(0)
  })
})

describe('the oracle', () => {
  it.each<[Defect, object]>([
    ['loses a firing', { lost: 1, doubled: 0, stuck: 0 }],
    ['doubles a firing', { lost: 0, doubled: 1, stuck: 0 }],
    ['never ends', { lost: 0, doubled: 0, stuck: 1 }],
  ])('finds out, in one session of three, a system that %s', LIMIT, async (defect, found) => {
    const lines: string[] = []

    const report = await runProxy({ sessions: 3, seed: 1, defects: [defect], patience: 10_000, onProgress: (line) => lines.push(line) })

    expect(report).toMatchObject({ sessions: 3, ...found })
    expect(lines).toEqual([expect.stringContaining('questionnaire:1:1')])
  })
})
