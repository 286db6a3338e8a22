import { describe, expect, it } from 'vitest'

import { createInterrupts } from './interrupts.js'

describe('interrupts', () => {
  it('stop at the first, give up at a later one, and take two at once for one', () => {
    let time = 1000
    const { stop, giveUp, interrupt } = createInterrupts(() => time)

    interrupt()
    interrupt()
    const once = [stop.aborted, giveUp.aborted]
    time += 2000
    interrupt()

    expect(once).toEqual([true, false])
    expect(giveUp.aborted).toBe(true)
  })
})
