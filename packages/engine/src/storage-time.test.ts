import { describe, expect, it } from 'vitest'
import { FakeClock } from './fakes/fake-clock.js'
import { StorageTime } from './storage-time.js'

describe('the storage\'s time', () => {
  it('goes on between answers as the monotonic clock does', async () => {
    const clock = new FakeClock()
    const time = new StorageTime(clock)

    const answer = time.hear({ now: 5_000, more: true })
    await clock.advance(1_234.5)

    expect([answer, time.now()]).toEqual([{ now: 5_000, more: true }, 6_234])
  })

  it('follows the storage wherever that goes', async () => {
    const clock = new FakeClock()
    const time = new StorageTime(clock)
    time.hear({ now: 1_000_000 })
    await clock.advance(10)

    time.hear({ now: 400_000 })

    expect(time.now()).toBe(400_000)
  })
})
