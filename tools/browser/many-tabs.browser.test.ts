import { deleteDB } from 'idb'
import { expect, it } from 'vitest'
import { commands } from 'vitest/browser'

const TAB = new URL('./firing.test-tab.ts', import.meta.url).href
const FIRINGS = 10_000

it.each([2, 8])('%d tabs fire 10,000 triggers at one session: none is lost, none doubled, and all tabs agree', async (count) => {
  const name = `many tabs ${crypto.randomUUID()}`
  const tabs: number[] = []
  while (tabs.length < count) tabs.push(await commands.openTab())
  const inEachTab = (call: string, input: object = {}) =>
    Promise.all(tabs.map((tab, index) => commands.callInTab(tab, { module: TAB, name: call, input: { tab: index, ...input } })))
  await inEachTab('compose', { name })

  await inEachTab('fireMany', { times: FIRINGS / count, atOnce: 50 })

  const [first, ...others] = (await inEachTab('seen')) as { number: number; firings: string[] }[]
  for (const other of others) expect(other).toEqual(first)
  expect(first?.firings).toHaveLength(FIRINGS)
  expect(new Set(first?.firings).size).toBe(FIRINGS)
  expect(first?.number).toBeLessThanOrEqual(FIRINGS)
  for (const tab of tabs) await commands.closeTab(tab)
  await deleteDB(`triggerkit:${name}`)
}, 180_000)
