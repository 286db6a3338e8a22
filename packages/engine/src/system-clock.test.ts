import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock, timedOut, within } from './system-clock.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

describe('the system clock', () => {
  it('takes delays that the platform does not', () => {
    const called: number[] = []
    const month = 30 * 86_400_000
    const start = systemClock.monotonic()
    systemClock.setTimer(() => called.push(systemClock.monotonic() - start), month)

    vi.advanceTimersByTime(month - 1)
    const early = called.length
    vi.advanceTimersByTime(2)

    expect([early, called]).toEqual([0, [month]])
  })

  it('clears a timer, also in the midst of a long delay', () => {
    const called: string[] = []
    const timer = systemClock.setTimer(() => called.push('long'), 40 * 86_400_000)
    vi.advanceTimersByTime(30 * 86_400_000)

    systemClock.clearTimer(timer)
    vi.advanceTimersByTime(30 * 86_400_000)

    expect(called).toEqual([])
  })
})

describe('within', () => {
  it('gives the value of a promise that is in time, and clears its timer', async () => {
    const value = await within(systemClock, 100, Promise.resolve('value'))

    expect([value, vi.getTimerCount()]).toEqual(['value', 0])
  })

  it('tells of one that is not', async () => {
    const outcome = within(systemClock, 100, new Promise(() => undefined))

    await vi.advanceTimersByTimeAsync(100)

    expect(await outcome).toBe(timedOut)
  })
})
