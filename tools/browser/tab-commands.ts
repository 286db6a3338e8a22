import type { Page } from 'playwright'
import type { BrowserCommand } from 'vitest/node'

/*
 * Further tabs for tests that run in the browser: real ones, of the same origin and profile as the test's own page. What they
 * do is code of theirs, imported by its address (`new URL('./x.test-tab.ts', import.meta.url).href`).
 */

/** A function that a module exports, and its argument; all of it plain data. */
export interface TabCall {
  readonly module: string
  readonly name: string
  readonly input?: unknown
}

const tabs = new Map<number, Page>()
let opened = 0

/** Opens a tab, and answers with the number by which the other commands know it. One that is `alone` shares no data with others. */
export const openTab: BrowserCommand<[options?: { alone?: boolean }]> = async ({ context, page }, { alone = false } = {}) => {
  const tab = await (alone ? context.browser()?.newPage() : context.newPage())
  if (tab === undefined) throw new Error('The browser has gone.')
  await tab.goto(new URL('/tools/browser/tab.html', page.url()).href)
  opened += 1
  tabs.set(opened, tab)
  return opened
}

/** Calls a function in a tab, and answers with its result. */
export const callInTab: BrowserCommand<[tab: number, call: TabCall]> = (_context, tab, call) =>
  tabOf(tab).evaluate(
    async ({ module, name, input }) => {
      const exported = (await import(module)) as Record<string, (input: unknown) => unknown>
      return exported[name]?.(input)
    },
    call,
  )

export const closeTab: BrowserCommand<[tab: number]> = async (_context, tab) => {
  await tabOf(tab).close()
  tabs.delete(tab)
}

/** Ends a tab's process, as a fault of the browser's would, and clears the tab away. */
export const crashTab: BrowserCommand<[tab: number]> = async (_context, tab) => {
  const page = tabOf(tab)
  const crashed = new Promise((resolve) => page.once('crash', resolve))
  const session = await page.context().newCDPSession(page)
  // The answer never comes: whoever should give it is gone.
  session.send('Page.crash').catch(() => undefined)
  await crashed
  await page.close()
  tabs.delete(tab)
}

/** How much a tab's origin may store; nothing given, as much as ever. For tabs that are alone: others would suffer, too. */
export const limitStorage: BrowserCommand<[tab: number, quotaSize?: number]> = (_context, tab, quotaSize) =>
  tellBrowser(tabOf(tab), 'Storage.overrideQuotaForOrigin', quotaSize === undefined ? {} : { quotaSize })

/** Takes a tab's databases away, as a user does who clears the site's data. For tabs that are alone. */
export const clearDatabases: BrowserCommand<[tab: number]> = (_context, tab) => tellBrowser(tabOf(tab), 'Storage.clearDataForOrigin', { storageTypes: 'indexeddb' })

// What is told holds as long as its session does, so that stays until the tab is closed.
async function tellBrowser(page: Page, method: 'Storage.overrideQuotaForOrigin' | 'Storage.clearDataForOrigin', parameters: object): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send(method, { origin: new URL(page.url()).origin, ...parameters } as never)
}

function tabOf(tab: number): Page {
  const page = tabs.get(tab)
  if (page === undefined) throw new Error(`There is no tab ${tab}; open one first.`)
  return page
}
