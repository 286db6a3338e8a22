import { afterEach, describe, expect, it, vi } from 'vitest'

import { tabs } from './index.js'

afterEach(() => {
  vi.restoreAllMocks()
})

let names = 0
/** Another application for each test. */
const newName = (): string => `tabs in one page ${(names += 1)}`

function pass(type: 'pagehide' | 'pageshow'): void {
  dispatchEvent(new PageTransitionEvent(type, { persisted: true }))
}

/** The locks of an application that are held, by anybody. */
async function locksOf(name: string): Promise<readonly LockInfo[]> {
  const { held = [] } = await navigator.locks.query()
  return held.filter((lock) => lock.name?.includes(JSON.stringify(name)))
}

describe('a page in the back/forward cache', () => {
  it('holds no lock where it went in again at once', async () => {
    const name = newName()
    const presence = tabs({ name })
    const withdraw = await presence.announce('me')

    pass('pagehide')
    pass('pageshow')
    pass('pagehide')
    // Granted after what was asked for before.
    await presence.announce('another').then((end) => end())

    expect(await locksOf(name)).toEqual([])
    pass('pageshow')
    await vi.waitFor(async () => expect(await presence.alive(['me'])).toEqual(['me']))
    await withdraw()
    expect(await locksOf(name)).toEqual([])
  })
})

describe('a listener', () => {
  it('that throws is told as an error that nobody caught, and the others hear of the death', async () => {
    const [watching, dying] = [tabs({ name: newName() }), tabs({ name: `tabs in one page ${names}` })]
    const uncaught = vi.spyOn(globalThis, 'reportError').mockReturnValue()
    const deaths: string[] = []
    const failure = new Error('Mine.')
    const ends = [
      watching.onDeath(() => {
        throw failure
      }),
      watching.onDeath((owner) => void deaths.push(owner)),
    ]
    const withdraw = await dying.announce('dying')
    await watching.alive(['dying'])

    await withdraw()
    await vi.waitFor(() => expect(deaths).toEqual(['dying']))

    expect(uncaught.mock.calls).toEqual([[failure]])
    for (const end of ends) end()
  })
})

it('takes any text for a name', async () => {
  const name = `${newName()} \ud800`

  const withdraw = await tabs({ name }).announce('me')

  expect(await tabs({ name }).alive(['me'])).toEqual(['me'])
  await withdraw()
})
