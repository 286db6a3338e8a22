import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { removeFolder } from '@triggerkit/tool-services'
import type { Page } from 'playwright'

import { toMaps } from '../maps-as-json.js'
import { BrowserProcess } from './browser-process.js'
import type { Presented } from './evidence.js'
import type { Point } from './points.js'
import { Site } from './site.js'
import { Tab } from './tab.js'

/** Who listens to the tabs; each goes on when it is answered. */
export interface Audience {
  reached(page: Page, point: Point): Promise<void>
  presented(page: Page, presented: Presented): Promise<void>
  acknowledged(page: Page, commitId: string): Promise<void>
}

/** A browser with a profile on disk, and tabs in it. */
export class Stage {
  readonly #site: Site
  readonly #profile: string
  #browser: BrowserProcess
  #audience: Audience | null = null

  private constructor(site: Site, profile: string, browser: BrowserProcess) {
    this.#site = site
    this.#profile = profile
    this.#browser = browser
  }

  static async open(): Promise<Stage> {
    const profile = mkdtempSync(join(tmpdir(), 'triggerkit-faults-'))
    const stage = new Stage(await Site.open(), profile, await BrowserProcess.start(profile))
    await stage.#listen()
    return stage
  }

  /** A page of another origin, for those who leave. */
  get elsewhere(): string {
    return this.#site.address.replace('localhost', '127.0.0.1')
  }

  /** Who listens from now on. */
  admit(audience: Audience | null): void {
    this.#audience = audience
  }

  /** A new tab, which is the one that is seen. */
  async tab(): Promise<Tab> {
    const { context } = this.#browser
    const page = await context.newPage()
    await page.goto(this.#site.address)
    return new Tab(page, await context.newCDPSession(page))
  }

  /** Kills the browser, and starts it again with the same profile. */
  async killBrowser(): Promise<void> {
    await this.#browser.kill()
    this.#browser = await BrowserProcess.start(this.#profile)
    await this.#listen()
  }

  /** Takes away what one case left behind: its tabs, and its databases. */
  async clear(): Promise<void> {
    this.#audience = null
    const { context } = this.#browser
    const blank = await context.newPage()
    const control = await context.newCDPSession(blank)
    const left = context.pages().filter((page) => page !== blank)
    await Promise.all(left.map((page) => page.close().catch(() => undefined)))
    await control.send('Storage.clearDataForOrigin', { origin: new URL(this.#site.address).origin, storageTypes: 'indexeddb' })
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.#site.close()
    await removeFolder(this.#profile)
  }

  async #listen(): Promise<void> {
    const { context } = this.#browser
    await context.exposeBinding('reached', ({ page }, point: Point) => this.#audience?.reached(page, point))
    await context.exposeBinding('presented', ({ page }, text: string) => this.#audience?.presented(page, JSON.parse(text, toMaps) as Presented))
    await context.exposeBinding('acknowledged', ({ page }, commitId: string) => this.#audience?.acknowledged(page, commitId))
  }
}
