import { describe, expect, it } from 'vitest'
import { Untreatable } from './untreatable.js'

describe('sessions that a process can not treat', () => {
  it('are put off longer each time, each by itself', () => {
    const untreatable = new Untreatable()

    expect([untreatable.putOff('a', 0), untreatable.putOff('a', 5_000), untreatable.putOff('b', 5_000)]).toEqual([5_000, 15_000, 10_000])
  })

  it('are left to others first whenever one of them comes up', () => {
    const untreatable = new Untreatable()
    untreatable.putOff('a', 0)
    untreatable.putOff('b', 3_000)

    expect([4_999, 5_000, 5_001, 8_000, 8_001].map((now) => untreatable.yields(now))).toEqual([false, true, false, true, false])
  })

  it('are never left to others twice in a row, nor forgotten because of it', () => {
    const untreatable = new Untreatable()
    untreatable.putOff('a', 0)
    untreatable.putOff('b', 1)

    expect([5_000, 5_001, 5_002, 5_003].map((now) => untreatable.yields(now))).toEqual([true, false, true, false])
  })
})
