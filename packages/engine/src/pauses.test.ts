import { describe, expect, it } from 'vitest'
import { FakeClock } from './fakes/fake-clock.js'
import { ProcessClock } from './fakes/world.js'
import { Pauses } from './pauses.js'

function paused() {
  const world = new FakeClock()
  const clock = new ProcessClock(world)
  return { world, clock, pauses: new Pauses(clock) }
}

describe('a pause', () => {
  it('lasts as long as it is to last', async () => {
    const { world, pauses } = paused()
    let over = false

    void pauses.wait(100).then(() => (over = true))
    await world.advance(99)
    const early = over
    await world.advance(1)

    expect([early, over]).toEqual([false, true])
  })

  it.each([['resolves', async () => undefined], ['rejects', async () => Promise.reject(new Error('No.'))]])(
    'ends before its time when what it waits for %s, and leaves no timer',
    async (_, done) => {
      const { clock, pauses } = paused()

      await pauses.wait(100, done())

      expect(clock.pending).toBe(0)
    },
  )

  it('that is over stays so when what it waited for comes', async () => {
    let [come, cleared] = [(): void => undefined, 0]
    const { world, clock, pauses } = paused()
    clock.clearTimer = () => void (cleared += 1)
    const waiting = pauses.wait(100, new Promise<void>((resolve) => (come = resolve)))
    await world.advance(100)
    await waiting

    come()
    await world.advance(0)

    expect(cleared).toBe(1)
  })

  it('ends with everything else, and so does each that is begun later', async () => {
    const { clock, pauses } = paused()
    const waiting = pauses.wait(100)

    pauses.end()
    await waiting
    await pauses.wait(100)

    expect(clock.pending).toBe(0)
  })
})
