import { describe, expect, it } from 'vitest'
import { VirtualClock } from './index.js'

describe('a virtual clock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = new VirtualClock()

    const before = clock.now()
    await new Promise((resolve) => setTimeout(resolve, 5))

    expect(new Date(before).toISOString()).toBe('2026-01-01T00:00:00.000Z')
    expect([clock.now(), clock.monotonic()]).toEqual([before, 0])
  })

  it('fires timers in the order in which they are due, and those that are set meanwhile', async () => {
    const clock = new VirtualClock()
    const fired: [string, number][] = []
    const note = (name: string) => (): unknown => fired.push([name, clock.monotonic()])
    clock.setTimer(note('late'), 3_000)
    clock.setTimer(note('same time, set first'), 1_000)
    clock.setTimer(() => clock.setTimer(note('set meanwhile'), 500), 1_000)
    clock.setTimer(note('too late'), 3_001)

    await clock.advance('3s')

    expect(fired).toEqual([
      ['same time, set first', 1_000],
      ['set meanwhile', 1_500],
      ['late', 3_000],
    ])
    expect(clock.monotonic()).toBe(3_000)
  })

  it('lets promises react to a timer before the next one fires', async () => {
    const clock = new VirtualClock()
    const order: string[] = []
    const woken = new Promise<void>((resolve) => clock.setTimer(resolve, 1))
    const reaction = woken.then(() => undefined).then(() => order.push('reaction'))
    clock.setTimer(() => order.push('second'), 1)

    await clock.advance(2)

    await reaction
    expect(order).toEqual(['reaction', 'second'])
  })

  it('forgets a timer that was cleared', async () => {
    const clock = new VirtualClock()
    let fired = false
    const timer = clock.setTimer(() => (fired = true), 10)

    clock.clearTimer(timer)
    await clock.advance('1d')

    expect(fired).toBe(false)
  })

  it('never goes back, however many let time pass at once', async () => {
    const clock = new VirtualClock()
    clock.setTimer(() => undefined, 2)

    await Promise.all([clock.advance(2), clock.advance('1h'), clock.advance(1)])

    expect(clock.monotonic()).toBe(3_600_000)
  })

  it('refuses what is no duration', async () => {
    const advanced = new VirtualClock().advance('a week' as '7d')

    await expect(advanced).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('duration: "a week" is not a duration') })
  })
})
