import { describe, expect, it } from 'vitest'

import { summaryText } from './summary-text.js'
import type { Summary } from './summary.js'

const empty: Summary = {
  interrupted: false,
  cutShort: false,
  elapsedMs: 1500,
  eventsPerSecond: 2,
  events: 3,
  badLines: 0,
  firings: 3,
  duplicates: 0,
  payloads: 0,
  sessions: 1,
  kinds: [{ kind: 'session', sessions: 1, payloads: 0 }],
  instances: { unstarted: 0, scheduled: 0, running: 0, finished: 0, failed: 0, replayed: 0, skipped: 0, abandoned: 0 },
  tasks: [],
  failures: [],
  waiting: [],
  abandoned: [],
}

describe('the summary', () => {
  it('is short where there is nothing to tell', () => {
    expect(summaryText(empty)).toBe('Replayed 3 events in 1.50 s (2 events/s)\nSessions   1\nFirings    3\nInstances  none')
  })

  it('says how many payloads belonged to which kind of session', () => {
    const kinds = [
      { kind: 'repository', sessions: 37, payloads: 1428 },
      { kind: 'issue', sessions: 7, payloads: 62 },
    ]

    const text = summaryText({ ...empty, payloads: 1490, sessions: 44, kinds })

    expect(text).toContain('  kind        sessions  payloads\n  repository        37     1,428\n  issue              7        62\n  all               44     1,490\n')
    expect(text).toContain('Replayed 1,490 payloads as 3 events')
  })

  it('groups what failed, what waits and what was abandoned', () => {
    const text = summaryText({
      ...empty,
      failures: [{ task: 't_a', count: 2, example: 's:1', reason: 'TypeError: no' }],
      waiting: [
        { task: 't_merge', count: 12, example: 's:1', triggers: ['checksSucceeded', 'opened'] },
        { task: 't_ready', count: 1, example: 's:1', triggers: [] },
      ],
      abandoned: [{ task: 't_c', count: 1, example: 's:1', triggers: ['closed'] }],
    })

    expect(text).toContain('Failed\n  2 × t_a: TypeError: no (first in s:1)\n')
    expect(text).toContain('Still waiting\n  12 × t_merge waits for checksSucceeded, opened\n  1 × t_ready is ready, and')
    expect(text).toContain('Abandoned\n  1 × t_c because of closed\n')
  })

  it('cuts samples to the width of a terminal, leaves them out where they would say nothing, and never cuts elsewhere', () => {
    const sample = 'x'.repeat(100)
    const tasks = [{ task: 't_a', instances: { finished: 2, abandoned: 1 }, sample }, { task: 't_idle', instances: {}, sample: null }]

    const [wide, narrow, piped] = [80, 40, undefined].map((columns) => summaryText({ ...empty, tasks }, columns === undefined ? {} : { columns }).split('\n')[1])

    expect(wide).toBe(`  t_a  2 finished, 1 abandoned  ${'x'.repeat(47)}…`)
    expect(narrow).toBe('  t_a  2 finished, 1 abandoned')
    expect(piped).toBe(`  t_a  2 finished, 1 abandoned  ${sample}`)
  })

  it('counts what would make a section too long', () => {
    const waiting = Array.from({ length: 30 }, (_, index) => ({ task: `t_${index}`, count: 1, example: 's', triggers: ['x'] }))

    const text = summaryText({ ...empty, waiting })

    expect(text).toContain('t_19 waits')
    expect(text).not.toContain('t_20 waits')
    expect(text).toContain('  … and 10 more\n')
  })

  it('cannot be used by names to steer the terminal', () => {
    expect(summaryText({ ...empty, waiting: [{ task: 't_\u001b[2J', count: 1, example: 's', triggers: ['\u001b'] }] })).not.toContain('\u001b')
  })
})
