import { describe, expect, it } from 'vitest'

import { runInLanes } from './lanes.js'

/** A source that tells how far it was read. */
function numbers(end: number): { readonly source: AsyncIterable<number>; readonly read: () => number } {
  let read = 0
  async function* source(): AsyncGenerator<number> {
    while (read < end) {
      read += 1
      yield read
    }
  }
  return { source: source(), read: () => read }
}

/** Lets everything run that needs no more than that. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

interface Handled {
  readonly item: number
  readonly finish: () => void
}

/** Handlers that end when the test says so. */
function byHand(): { readonly handle: (item: number) => Promise<void>; readonly open: Handled[] } {
  const open: Handled[] = []
  const handle = (item: number): Promise<void> => new Promise((resolve) => void open.push({ item, finish: resolve }))
  return { handle, open }
}

const signal = new AbortController().signal

describe('lanes', () => {
  it('keep the order within a lane, while other lanes go on', async () => {
    const { handle, open } = byHand()

    const done = runInLanes(numbers(4).source, { limit: 10, laneOf: (item) => (item % 2 === 0 ? 'even' : 'odd'), handle, signal })
    await turns()
    const first = open.map(({ item }) => item)
    open[1]?.finish()
    await turns()
    const second = open.map(({ item }) => item)
    open[0]?.finish()
    await turns()
    for (const { finish } of open) finish()
    await done

    expect(first).toEqual([1, 2])
    expect(second).toEqual([1, 2, 4])
    expect(open.map(({ item }) => item)).toEqual([1, 2, 4, 3])
  })

  it('read no further than what is handled allows', async () => {
    const { handle, open } = byHand()
    const { source, read } = numbers(1000)

    const done = runInLanes(source, { limit: 3, laneOf: String, handle, signal })
    await turns()
    const before = read()
    open[0]?.finish()
    await turns()
    const after = read()
    while (open.length < 1000 || read() < 1000) {
      for (const { finish } of open) finish()
      await turns()
    }
    for (const { finish } of open) finish()
    await done

    expect(before).toBe(4)
    expect(after).toBe(5)
  })

  it('count what waits behind an earlier item of its lane', async () => {
    const { handle, open } = byHand()
    const { source, read } = numbers(10)

    const done = runInLanes(source, { limit: 3, laneOf: () => 'one', handle, signal })
    await turns()
    const running = open.length
    const seen = read()
    for (let index = 0; index < 10; index += 1) {
      open[index]?.finish()
      await turns()
    }
    await done

    expect(running).toBe(1)
    expect(seen).toBe(4)
  })

  it('wait with reading until there is room elsewhere', async () => {
    const handled: number[] = []
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))

    const done = runInLanes(numbers(2).source, { limit: 1, laneOf: String, handle: async (item) => void handled.push(item), ready: () => gate, signal })
    await turns()
    const before = [...handled]
    open()
    await done

    expect(before).toEqual([])
    expect(handled).toEqual([1, 2])
  })

  it('stop reading when told to, and finish what was read', async () => {
    const stop = new AbortController()
    const { handle, open } = byHand()

    const done = runInLanes(numbers(1000).source, { limit: 2, laneOf: String, handle, signal: stop.signal })
    await turns()
    stop.abort()
    for (const { finish } of open) finish()
    await done

    expect(open.map(({ item }) => item)).toEqual([1, 2])
  })

  it('reject with the first error, after what was under way has ended', async () => {
    const ended: number[] = []
    const handle = async (item: number): Promise<void> => {
      if (item === 2) throw new Error('two')
      await turns()
      ended.push(item)
    }

    const done = runInLanes(numbers(100).source, { limit: 2, laneOf: String, handle, signal })

    await expect(done).rejects.toThrow('two')
    expect(ended).toEqual([1])
  })
})
