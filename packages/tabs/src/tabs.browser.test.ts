import { afterEach, describe, expect, it, vi } from 'vitest'

import { tabs } from './index.js'
import sandboxed from './sandboxed.test-tab.ts?bundle'

afterEach(() => {
  vi.unstubAllGlobals()
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

describe('where the browser denies locks', () => {
  it('a frame says so, sweeps, and takes every owner with a lease for living', async () => {
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', 'allow-scripts')
    frame.srcdoc = `<script type="module">${sandboxed.replaceAll('</script', '<\\/script')}</script>`
    const told = new Promise((resolve) => {
      addEventListener('message', ({ data, source }) => source === frame.contentWindow && resolve(data))
    })

    document.body.append(frame)

    expect(await told).toEqual({ alive: ['me', 'other'], missing: [expect.stringContaining('SecurityError')] })
    frame.remove()
  }, 5_000)

  it('later on, it is asked again after a pause only', async () => {
    const name = newName()
    const presence = tabs({ name })
    await presence.alive([])
    const refusal = new DOMException('This document is going away.', 'InvalidStateError')
    // No more than a hundred refusals: without end they would stop this page.
    const request = vi.spyOn(navigator.locks, 'request').mockImplementation((() => (request.mock.calls.length < 100 ? Promise.reject(refusal) : new Promise(() => undefined))) as never)

    const end = presence.whileSweeper(() => () => undefined)
    for (let turn = 0; turn < 10; turn += 1) await presence.alive([])

    expect(request).toHaveBeenCalledTimes(1)
    end()
  })
})

// As in Node 20, where pages are rendered whose application is composed when its module loads.
it('says what is missing where there is no navigator at all', async () => {
  const warn = vi.fn()
  vi.stubGlobal('navigator', undefined)

  const presence = tabs({ name: newName(), logger: { warn } })

  expect(warn.mock.calls).toEqual([[expect.stringContaining('no Web Locks'), expect.anything()]])
  expect(await presence.alive(['me'])).toEqual(['me'])
})

it('takes any text for a name', async () => {
  const name = `${newName()} \ud800`

  const withdraw = await tabs({ name }).announce('me')

  expect(await tabs({ name }).alive(['me'])).toEqual(['me'])
  await withdraw()
})
