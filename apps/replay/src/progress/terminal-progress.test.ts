import { describe, expect, it } from 'vitest'

import type { Standing } from './progress.js'
import { panel } from './terminal-progress.js'

const standing: Standing = { phase: 'reading', events: 250, firings: 248, sessions: 12, badLines: 2, finished: 30, failed: 1, waiting: 3, elapsedMs: 500 }
const paint = (_style: string, text: string): string => text

describe('the panel', () => {
  it('shows a bar where the end is known, within the width', () => {
    const [first = '', second] = panel(standing, { total: 1000, columns: 60, paint }).split('\n')

    expect(first).toBe(`${'█'.repeat(8)}${'░'.repeat(25)} 250/1,000 events  500/s`)
    expect(first.length).toBeLessThanOrEqual(60)
    expect(second).toBe('12 sessions · 30 task runs · 3 queued · 1 failed · 2 bad lines')
  })

  it('shows counts alone where the end is not known', () => {
    const [first] = panel(standing, { total: null, columns: 60, paint }).split('\n')

    expect(first).toBe('250 events  500/s')
  })

  it('says when it only waits for tasks, however narrow the terminal', () => {
    const [first] = panel({ ...standing, phase: 'draining' }, { total: 1000, columns: 20, paint }).split('\n')

    expect(first).toBe('250/1,000 events  finishing')
  })
})
