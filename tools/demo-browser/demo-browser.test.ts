import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { chromium, type Browser, type BrowserContext } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'

import { startDemo, type DemoProcess } from './demo-process.js'
import { openTab, type SurveyTab } from './survey-tab.js'

/** Long enough to be caught in the middle: three seconds of work. */
const LONG = 'An old oak, and ivy all over it'
const built = fileURLToPath(new URL('../../apps/survey-browser/dist', import.meta.url))

let demo: DemoProcess
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  demo = await startDemo()
  const { executablePath, args } = inject('chromium')
  browser = await chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: [...args, '--disable-breakpad'] })
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 375, height: 812 } })
  context.setDefaultTimeout(20_000)
})

afterEach(() => context.close())

const open = (): Promise<SurveyTab> => openTab(context, demo.address)

/** A tab in which a task has failed already. */
async function openFailed(): Promise<SurveyTab> {
  const tab = await open()
  await tab.complete()
  await tab.sendFirst({ birthday: 'in winter' })
  await tab.has('t_importSubject#0', 'failed')
  return tab
}

async function open2(): Promise<readonly [SurveyTab, SurveyTab]> {
  return [await open(), await open()]
}

describe('the questionnaire in several tabs', () => {
  it('tells what each task waits for before anything is sent', async () => {
    const tab = await open()

    const seen = await tab.session.textContent()

    for (const task of ['t_importSubject', 't_importResponses', 't_importBrowser', 't_assess', 't_submit']) expect(seen).toContain(task)
    expect(seen).toContain('questionnaireComplete has not fired')
    expect(seen).toContain('Nothing has been sent yet.')
  })

  it('comes to the same end in all of them, in whatever order and tab its pages are sent', async () => {
    const tabs = [...(await open2()), await open()] as const

    await tabs[2].complete()
    await tabs[1].sendFauna()
    await tabs[0].sendFlora()
    await tabs[1].sendFirst()
    for (const tab of tabs) await tab.isSubmitted()

    const [first, ...others] = await Promise.all(tabs.map((tab) => tab.seen()))
    for (const other of others) expect(other).toBe(first)
    for (const instance of ['t_importSubject#0', 't_importResponses#2', 't_importBrowser#0', 't_assess#0', 't_submit#0']) await tabs[0].has(instance, 'finished')
  })

  it('shows in each of them how far a task has come, and which tabs live', async () => {
    const [one, other] = await open2()
    await other.page.getByRole('list', { name: 'Live tabs' }).getByRole('listitem').nth(1).waitFor()

    await one.sendFlora(LONG)
    await one.sendFauna()
    await other.page.waitForFunction(() => Number(document.querySelector('progress')?.value) >= 0.3)

    expect(await other.page.getByRole('progressbar', { name: 'Progress of t_assess#0' }).count()).toBe(1)
    await other.has('t_assess#0', 'finished')
  })

  it('is there again after a reload', async () => {
    const tab = await openFailed()
    const before = await tab.seen()

    await tab.page.reload()
    await tab.has('t_importSubject#0', 'failed')

    expect(await tab.seen()).toBe(before)
  })

  it('keeps focus and typed text while other tabs change the session', async () => {
    const [one, other] = await open2()
    const field = one.page.getByLabel('Which plants do you see?')
    await field.fill('Half a sent')

    await other.complete()
    await other.sendFirst()
    await one.has('t_importBrowser#0', 'finished')

    expect(await field.inputValue()).toBe('Half a sent')
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true)
  })
})

describe('a failed task', () => {
  it('is replayed in another tab, with mended kwargs', async () => {
    const [one, other] = await open2()
    await one.complete()
    await one.sendFirst({ birthday: 'in winter' })
    await other.has('t_importSubject#0', 'failed')
    await other.instance('t_importSubject#0').getByText('Edit its kwargs').click()
    const kwargs = other.page.getByLabel('Kwargs of t_importSubject#0, as JSON')
    const given = await kwargs.inputValue()
    const told = await other.instance('t_importSubject#0').innerText()

    await kwargs.fill('{ no JSON')
    await other.button('Replay t_importSubject#0').click()
    const refusal = await kwargs.evaluate((element: HTMLTextAreaElement) => element.validationMessage)
    await kwargs.fill(given.replace('in winter', '1815-12-10'))
    await other.button('Replay t_importSubject#0').click()

    await one.has('t_importSubject#0', 'replayed')
    await one.has('t_importSubject#1', 'finished')
    expect(told).toContain('birthday: no date, such as 1815-12-10')
    expect(refusal).toContain('That is not JSON')
  })

  it('is skipped, and what waits for it goes on', async () => {
    const tab = await open()
    await tab.switch('Unknown browser').click()
    await tab.fillIn()
    await tab.has('t_importBrowser#0', 'failed')

    await tab.button('Skip t_importBrowser#0').click()
    await tab.isSubmitted()

    await tab.has('t_importBrowser#0', 'skipped')
  })

  it('is not there where the questionnaire is embedded: nobody looks up the browser', async () => {
    const tab = await open()
    await tab.switch('Unknown browser').click()
    await tab.sendFlora()
    await tab.button('Embed').click()
    await tab.has('t_importBrowser#0', 'abandoned')

    await tab.fillIn()
    await tab.isSubmitted()

    expect(await tab.session.getByText('failed', { exact: true }).count()).toBe(0)
  })
})

describe('without a network', () => {
  it('submitting fails in all tabs, and is replayed once when the network is back', async () => {
    const [one, other] = await open2()
    await one.switch('Offline').click()
    await one.fillIn()
    await other.has('t_submit#0', 'failed')
    expect(await other.switch('Offline').getAttribute('aria-checked')).toBe('true')

    await other.switch('Offline').click()
    await one.isSubmitted()

    await one.has('t_submit#0', 'replayed')
    await one.has('t_submit#1', 'finished')
    expect(await one.instance('t_submit#2').count()).toBe(0)
  })

  it('the page opens all the same, its tasks run, and it submits when the network is back', async () => {
    const tab = await open()
    await tab.page.evaluate(async () => {
      while (!(await caches.match('./'))) await new Promise(requestAnimationFrame)
      await navigator.serviceWorker.ready
    })
    await context.setOffline(true)

    await tab.page.reload()
    await tab.fillIn()
    await tab.has('t_submit#0', 'failed')
    await context.setOffline(false)

    await tab.isSubmitted()
  })
})

describe('a tab', () => {
  const ENDS: readonly (readonly [string, (tab: SurveyTab) => Promise<unknown>])[] = [
    ['crashes by its button', async ({ page }) => Promise.all([page.waitForEvent('crash'), page.getByRole('button', { name: 'Crash this tab' }).click({ noWaitAfter: true }).catch(() => undefined)])],
    ['crashes by a fault of the browser', crash],
    ['is closed', ({ page }) => page.close()],
  ]

  it.each(ENDS)('that %s while its task runs leaves the work to another, which finishes it', async (_how, end) => {
    const one = await open()
    await one.sendFlora(LONG)
    await one.sendFauna()
    await one.has('t_assess#0', 'running')
    const other = await open()

    await end(one)
    await other.has('t_assess#0', 'finished')

    expect(await other.instance('t_assess#0').innerText()).toContain('attempt 2')
    expect(await other.page.getByRole('list', { name: 'Live tabs' }).getByRole('listitem').count()).toBe(1)
  })
})

async function crash({ page }: SurveyTab): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await page.context().newCDPSession(page)
  // The answer never comes: whoever should give it is gone.
  session.send('Page.crash').catch(() => undefined)
  await crashed
}

describe('a session', () => {
  it('is saved to a file, and loaded again in another browser', async () => {
    const tab = await openFailed()
    const before = await tab.seen()
    const [download] = await Promise.all([tab.page.waitForEvent('download'), tab.button('Save to a file').click()])
    const file = { name: 'questionnaire.json', mimeType: 'application/json', buffer: readFileSync(await download.path()) }
    await context.close()
    context = await browser.newContext()

    const fresh = await open()
    await fresh.page.getByLabel('Load a file').setInputFiles(file)
    await fresh.has('t_importSubject#0', 'failed')

    expect(await fresh.seen()).toBe(before)
    await fresh.button('Skip t_importSubject#0').click()
    await fresh.has('t_importResponses#0', 'finished')
  })

  it('is loaded in place of the one that was saved, whose task runs again though its tab lives', async () => {
    const [one, other] = await open2()
    await one.sendFlora(LONG)
    await one.sendFauna()
    await other.has('t_assess#0', 'running')
    const [download] = await Promise.all([other.page.waitForEvent('download'), other.button('Save to a file').click()])

    await other.page.getByLabel('Load a file').setInputFiles(await download.path())
    await one.has('t_assess#0', 'finished')

    expect(await one.instance('t_assess#0').innerText()).toContain('attempt 2')
  })

  it.each(['{ "format": 1 }', 'no JSON'])('stays as it is where the file is none of ours, such as %s, and the user is told', async (text) => {
    const tab = await open()
    await tab.sendFlora()
    await tab.session.getByText('floraReceived has fired').waitFor({ state: 'attached' })

    await tab.page.getByLabel('Load a file').setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from(text) })

    await tab.alert.getByText('Nothing was changed.').waitFor()
    const { top, bottom, height } = await tab.alert.evaluate((element) => ({ ...element.getBoundingClientRect().toJSON(), height: innerHeight }))
    expect(top, 'seen from where the file is picked').toBeGreaterThanOrEqual(0)
    expect(bottom).toBeLessThanOrEqual(height)
    expect(await tab.seen()).toContain('3 waiting')
    await tab.button('Dismiss').click()
    expect(await tab.alert.count()).toBe(0)
  })

  it.each([
    ['granted', 'has promised to keep it'],
    ['denied', 'may clear it'],
  ])('is told to be kept or not, where the browser has %s that', async (setting, words) => {
    const page = await context.newPage()
    const control = await context.newCDPSession(page)
    const { targetInfo } = await control.send('Target.getTargetInfo')
    await control.send('Browser.setPermission', {
      permission: { name: 'persistent-storage' },
      setting: setting as 'granted' | 'denied',
      ...(targetInfo.browserContextId !== undefined && { browserContextId: targetInfo.browserContextId }),
    })

    const tab = await open()

    await tab.page.getByText(words).waitFor()
  })

  it('begins anew in all tabs, and works again', async () => {
    const [one, other] = await open2()
    await one.complete()
    await one.sendFirst({ birthday: 'in winter' })
    await other.has('t_importSubject#0', 'failed')

    await one.button('Start over').click()
    await other.session.getByText('Nothing has been sent yet.').waitFor()
    await other.sendFlora()
    await other.sendFauna()

    await one.has('t_assess#0', 'finished')
  })
})

describe('a browser that keeps nothing', () => {
  it('is told what to do where there is no IndexedDB', async () => {
    await context.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }))
    const page = await context.newPage()

    await page.goto(demo.address)

    await page.getByRole('alert').getByText('Leave private browsing').waitFor()
  })
})

describe('whoever can\'t see or point', () => {
  it('fills in the questionnaire by keyboard alone', async () => {
    const { page, isSubmitted } = await open().then((tab) => ({ page: tab.page, isSubmitted: () => tab.isSubmitted() }))
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent?.trim() || (document.activeElement as HTMLInputElement).name)
    const tabTo = async (name: string): Promise<void> => {
      while (!(await focused()).startsWith(name)) await page.keyboard.press('Tab')
    }

    await tabTo('name')
    await page.keyboard.type('Al')
    await page.keyboard.press('Enter')
    for (const [field, text] of [['plants', 'Oak'], ['animals', 'Bees']] as const) {
      await tabTo(field)
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }
    await tabTo('Complete')
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)
    await page.keyboard.press('Space')
    await isSubmitted()

    expect(outline).toBe('solid')
  })

  it('hears a name for everything that can be used, and of what happens', async () => {
    const tab = await openFailed()

    const heard = await tab.page.locator('body').ariaSnapshot()

    expect(heard.match(/^\s*- (?:button|link|switch|textbox|progressbar|region|list|form)(?=:| \[|$)/gm) ?? []).toEqual([])
    expect(heard).toMatch(/- status: .*1 failed/)
    expect(heard).toContain('heading "Questionnaire" [level=1]')
  })

  it('reads text of enough contrast, light and dark, and nothing wider than a phone', async () => {
    const tab = await openFailed()

    const light = await tab.page.evaluate(poorContrasts)
    await tab.page.emulateMedia({ colorScheme: 'dark' })
    const dark = await tab.page.evaluate(poorContrasts)
    const tooWide = await tab.page.evaluate(tooWideBy)

    expect({ light, dark, tooWide }).toEqual({ light: [], dark: [], tooWide: 0 })
  })

  // What is left of a page when its text is four times as large: WCAG 2.2, 1.4.10.
  it('reads without scrolling sideways where there are 320 pixels', async () => {
    const tab = await openFailed()
    await tab.page.setViewportSize({ width: 320, height: 640 })

    const failed = await tab.page.evaluate(tooWideBy)
    await tab.button('Skip t_importSubject#0').click()
    await tab.has('t_importSubject#0', 'skipped')

    expect([failed, await tab.page.evaluate(tooWideBy)]).toEqual([0, 0])
  })

  it('sees what is on and how far a task has come in colours of his own', async () => {
    const { page } = await open()
    await page.emulateMedia({ forcedColors: 'active' })
    const looks = (name: string, html: string): Promise<string> => page.evaluate((text) => (document.body.innerHTML = text), html).then(() => page.locator(name).screenshot()).then((image) => image.toString('base64'))

    const off = await looks('button', '<button role="switch" aria-checked="false">Offline</button>')
    const on = await looks('button', '<button role="switch" aria-checked="true">Offline</button>')
    const begun = await looks('progress', '<progress max="1" value="0.1"></progress>')
    const nearlyDone = await looks('progress', '<progress max="1" value="0.9"></progress>')

    expect(on).not.toBe(off)
    expect(nearlyDone).not.toBe(begun)
  })
})

/** How many pixels lie beside the window. Runs in the page. */
function tooWideBy(): number {
  return document.documentElement.scrollWidth - innerWidth
}

/** Texts below the 4.5 : 1 that WCAG 2.2 asks for at level AA. Runs in the page. */
function poorContrasts(): readonly string[] {
  const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = channels(color).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const groundOf = (element: Element | null): string => {
    const color = element === null ? 'rgb(255, 255, 255)' : getComputedStyle(element).backgroundColor
    return element === null || channels(color)[3] === undefined ? color : groundOf(element.parentElement)
  }
  const texts = [...document.body.querySelectorAll('*')].filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()))
  return texts.flatMap((element) => {
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))]
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    return ratio < 4.5 ? [`${element.textContent?.trim()}: ${ratio.toFixed(1)}`] : []
  })
}

describe('the demonstration', () => {
  it('says where the page is and what to try', () => {
    expect(demo.printed()).toContain(`The questionnaire is at ${demo.address}`)
    expect(demo.printed().match(/^ {2}\d\. /gm)).toHaveLength(3)
  })

  it('serves nothing that wants Node', () => {
    const scripts = readdirSync(join(built, 'assets')).filter((file) => file.endsWith('.js'))

    const faults = scripts.filter((file) => /from\s*["']node:|__vite-browser-external/.test(readFileSync(join(built, 'assets', file), 'utf8')))

    expect(scripts).toHaveLength(2)
    expect(faults).toEqual([])
  })

  it('stops on Ctrl-C', async () => {
    const another = await startDemo()

    const code = await another.stop()

    expect(code).toBe(0)
    await expect(fetch(another.address)).rejects.toThrow('fetch failed')
  }, 60_000)
})
