import { describe, expect, it } from 'vitest'
import { Deadlines } from './deadlines.js'
import { FakeClock } from './fakes/fake-clock.js'

/** Something that notes when it expired, as seen by the clock. */
function item(clock: FakeClock, length: number, expired: number[]) {
  const deadline = clock.monotonic() + length
  return { deadline, expire: () => void expired.push(clock.monotonic()) }
}

describe('deadlines', () => {
  it('expire each at its time, and not once they are removed', async () => {
    const clock = new FakeClock()
    const deadlines = new Deadlines(clock)
    const expired: number[] = []
    const start = clock.monotonic()
    const removed = item(clock, 100, expired)
    deadlines.add(removed)
    deadlines.add(item(clock, 100, expired))
    await clock.advance(30)
    deadlines.add(item(clock, 100, expired))

    deadlines.remove(removed)
    await clock.advance(1_000)

    expect(expired).toEqual([start + 100, start + 130])
  })

  it('expire also when one of them adds another as it expires', async () => {
    const clock = new FakeClock()
    const deadlines = new Deadlines(clock)
    const expired: number[] = []
    const start = clock.monotonic()
    deadlines.add({ deadline: start + 100, expire: () => deadlines.add(item(clock, 100, expired)) })
    deadlines.add(item(clock, 150, expired))

    await clock.advance(1_000)

    expect(expired).toEqual([start + 150, start + 200])
  })

  it('all expire at the end, and what is added later does at once', () => {
    const clock = new FakeClock()
    const deadlines = new Deadlines(clock)
    const expired: number[] = []
    deadlines.add(item(clock, 100, expired))

    deadlines.end()
    deadlines.add(item(clock, 100, expired))

    expect(expired).toEqual([clock.monotonic(), clock.monotonic()])
  })
})
