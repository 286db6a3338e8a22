import { describe, expect, it } from 'vitest'

import { formatReport, runForReport } from './report.js'
import { sleep } from './sleep.js'
import type { SuiteTest } from './suite.js'

const ADAPTER = { package: '@acme/storage', version: '1.2.3' }

const TESTS: readonly SuiteTest[] = [
  { id: 'storage/load/works', promise: 'A load works.', skipped: null, run: async () => undefined },
  { id: 'storage/commit/works', promise: 'A commit works.', skipped: null, run: () => Promise.reject(new Error('at number: expected 1, found 2')) },
  { id: 'storage/watch/works', promise: 'A watcher is told.', skipped: 'declares watch: false', run: () => Promise.reject(new Error('was run')) },
]

describe('a report', () => {
  it('tells of each promise whether it is kept, broken or not offered', async () => {
    const report = await runForReport(ADAPTER, TESTS)

    expect(JSON.parse(JSON.stringify(report))).toEqual({
      adapter: '@acme/storage',
      version: '1.2.3',
      kept: 1,
      broken: 1,
      notOffered: 1,
      cases: [
        { id: 'storage/load/works', promise: 'A load works.', outcome: 'kept' },
        { id: 'storage/commit/works', promise: 'A commit works.', outcome: 'broken', reason: 'at number: expected 1, found 2' },
        { id: 'storage/watch/works', promise: 'A watcher is told.', outcome: 'notOffered', reason: 'declares watch: false' },
      ],
    })
  })

  it('counts a test that has no end as broken', async () => {
    const endless = { id: 'storage/load/ends', promise: 'A load ends.', skipped: null, run: () => new Promise<void>(() => undefined) }

    const report = await runForReport(ADAPTER, [endless], { timeLimit: 1 })

    expect(report.cases).toMatchObject([{ outcome: 'broken', reason: 'There was no end within 1 ms.' }])
  })

  it.each([Infinity, 2 ** 40])('lets tests go on for as long as %s milliseconds', async (timeLimit) => {
    const slow = { id: 'storage/load/ends', promise: 'A load ends.', skipped: null, run: () => sleep(20) }

    const report = await runForReport(ADAPTER, [slow], { timeLimit })

    expect(report.cases).toMatchObject([{ outcome: 'kept' }])
  })

  it('is read as text, broken promises first', async () => {
    const text = formatReport(await runForReport(ADAPTER, TESTS))

    expect(text).toBe(`@acme/storage@1.2.3: promises kept: 1, broken: 1, not offered: 1

Broken
  storage/commit/works  A commit works.
      at number: expected 1, found 2

Not offered
  storage/watch/works  A watcher is told.
      declares watch: false

Kept
  storage/load/works  A load works.`)
  })
})
