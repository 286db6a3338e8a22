import type { CDPSession, Page } from 'playwright'
import type { BrowserCommand } from 'vitest/node'

/*
 * Further tabs for tests that run in the browser: real ones, of the same origin and profile as the test's own page. What they
 * do is code of theirs, imported by its address (`new URL('./x.test-tab.ts', import.meta.url).href`).
 */

const tabs = new Map<number, Page>()
let opened = 0

/** Opens a tab, and answers with the number by which the other commands know it. */
export const openTab: BrowserCommand<[]> = async ({ context, page }) => {
  const tab = await context.newPage()
  await tab.goto(new URL('/tools/browser/tab.html', page.url()).href)
  opened += 1
  tabs.set(opened, tab)
  return opened
}

/** Calls a function that a module exports, in a tab, and answers with its result. */
export const callInTab: BrowserCommand<[tab: number, module: string, name: string, input: unknown]> = (_context, tab, module, name, input) =>
  tabOf(tab).evaluate(
    async ({ module, name, input }) => {
      const exported = (await import(module)) as Record<string, (input: unknown) => unknown>
      return exported[name]?.(input)
    },
    { module, name, input },
  )

export const closeTab: BrowserCommand<[tab: number]> = async (_context, tab) => {
  await tabOf(tab).close()
  tabs.delete(tab)
}

/** Ends a tab's process, as a fault of the browser's would, and clears the tab away. */
export const crashTab: BrowserCommand<[tab: number]> = async ({ context }, tab) => {
  const page = tabOf(tab)
  const crashed = new Promise((resolve) => page.once('crash', resolve))
  const session: CDPSession = await context.newCDPSession(page)
  // The answer never comes: whoever should give it is gone.
  session.send('Page.crash').catch(() => undefined)
  await crashed
  await page.close()
  tabs.delete(tab)
}

function tabOf(tab: number): Page {
  const page = tabs.get(tab)
  if (page === undefined) throw new Error(`There is no tab ${tab}; open one first.`)
  return page
}
