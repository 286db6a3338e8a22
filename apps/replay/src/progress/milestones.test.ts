import { describe, expect, it } from 'vitest'

import { isMilestone } from './milestones.js'

describe('milestones', () => {
  it('come seldom enough for any length of stream', () => {
    const reached = Array.from({ length: 40_001 }, (_, events) => events).filter(isMilestone)

    expect(reached).toEqual([100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 40_000])
  })
})
