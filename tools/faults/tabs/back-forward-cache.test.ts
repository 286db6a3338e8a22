import { Random } from '@triggerkit/tool-simulator'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { Deferred } from './deferred.js'
import { expectedOf, planOf, wishesOf, type Plan } from './plan.js'
import type { Point } from './points.js'
import { Stage } from './stage.js'
import type { Tab } from './tab.js'

// Real navigations: Chromium keeps the page with its database, its channel and the locks that it let go of, and thaws it on the way back.
const LIMIT = { timeout: 60_000 }
const PATIENT = { timeout: 20_000 }
const LEASE = 180_000

let stage: Stage
let reached: Deferred<void>
let released: Deferred<void>
beforeEach(async () => {
  stage = await Stage.open()
  reached = new Deferred()
  released = new Deferred()
  stage.admit({
    reached: async () => {
      reached.resolve()
      await released.promise
    },
    presented: async () => undefined,
    acknowledged: async () => undefined,
  })
}, 60_000)
afterEach(() => stage.close())

/** Makes what makes the database take without end, as a slow disk does for a while. Runs in the page. */
const NEVER_MADE = `
  const { createObjectStore } = IDBDatabase.prototype
  IDBDatabase.prototype.createObjectStore = function (...store) {
    const made = createObjectStore.apply(this, store)
    const goOn = () => (made.get(0).onsuccess = goOn)
    goOn()
    globalThis.making = true
    return made
  }
`

/** A tab in the midst of executing. */
async function working(plan: Plan, point: Point): Promise<Tab> {
  const tab = await stage.tab()
  await tab.page.evaluate("globalThis.shown = []; addEventListener('pageshow', ({ persisted }) => shown.push(persisted))")
  await tab.start({ name: plan.uid, lease: LEASE })
  await tab.arm(point)
  await tab.grant(plan.uid, plan.first)
  for (const wish of plan.here) await tab.grant(plan.uid, wish)
  await reached.promise
  return tab
}

/** Goes back in the tab's history. @returns whether the page was kept, and the browser's reasons where it was not */
async function back({ page }: Tab): Promise<{ readonly kept: boolean; readonly reasons: readonly string[] }> {
  const { href } = new URL(await page.evaluate<string>('location.href'))
  await page.evaluate('void setTimeout(() => history.back())')
  const arrived = `document.readyState === 'complete' && location.href !== '${href}'`
  await vi.waitFor(async () => expect(await page.evaluate(arrived)).toBe(true), PATIENT)
  return page.evaluate(`({
    kept: globalThis.shown?.at(-1) === true,
    reasons: performance.getEntriesByType('navigation')[0].notRestoredReasons?.reasons.map(({ reason }) => reason) ?? [],
  })`)
}

it('a page that comes back from the cache goes on with its session, and what it ran is recorded once', LIMIT, async () => {
  const plan = { ...planOf('alone', new Random(1, 'plan')), elsewhere: [] }
  const tab = await working(plan, 'task begun')

  await tab.page.goto(stage.elsewhere)
  const { kept, reasons } = await back(tab)
  released.resolve()

  expect({ kept, reasons }).toEqual({ kept: true, reasons: [] })
  const expected = await expectedOf(plan)
  await vi.waitFor(async () => expect(await tab.counts(plan.uid)).toEqual(expected), PATIENT)
  const { session } = await tab.stored(plan.uid)
  const fired = session.archive.filter(([key]) => key.startsWith(`f/${plan.uid}-`))
  expect(fired).toHaveLength(wishesOf(plan).length - 1)
})

// Chromium throws a page out of the cache that is sent a message, as by the channel of new versions, or for whose lock another one waited
// when it went in: letting go of it in `pagehide` may come a moment too late.
it('a page is loaded anew where another tab has worked meanwhile, and that one has taken over what it ran', LIMIT, async () => {
  const plan = { ...planOf('two', new Random(2, 'plan')), elsewhere: [] }
  const tab = await working(plan, 'task begun')
  const other = await stage.tab()
  await other.start({ name: plan.uid, lease: LEASE })

  await tab.page.goto(stage.elsewhere)
  const expected = await expectedOf(plan)
  await vi.waitFor(async () => expect(await other.counts(plan.uid)).toEqual(expected), PATIENT)
  const { kept, reasons } = await back(tab)

  expect(kept).toBe(false)
  expect(['broadcastchannel-message', 'weblocks-contention']).toEqual(expect.arrayContaining([...reasons]))
  expect(reasons).not.toEqual([])
  await tab.start({ name: plan.uid, lease: LEASE })
  expect(await tab.counts(plan.uid)).toEqual(expected)
})

// Nobody else is given a database that is being made, and a page in the cache doesn't go on with it.
it('a page that was left while it made the database holds up nobody', LIMIT, async () => {
  const application = { name: 'new', lease: LEASE }
  const tab = await stage.tab()
  await tab.page.evaluate(NEVER_MADE)
  await tab.compose(application)
  await tab.page.evaluate("void tab.counts('s').catch(() => undefined)")
  await vi.waitFor(async () => expect(await tab.page.evaluate('globalThis.making')).toBe(true), PATIENT)

  await tab.page.goto(stage.elsewhere)
  const other = await stage.tab()
  await other.start(application)

  expect(await other.counts('s')).toEqual({})
})
