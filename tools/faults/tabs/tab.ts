import type { ExportedSession } from '@triggerkit/engine'
import type { CDPSession, Page } from 'playwright'

import type { Counts } from './counts.js'
import type { Stored } from './evidence.js'
import type { Wish } from './plan.js'
import type { Kind, Point } from './points.js'

/** All tabs of one name share one application; `lease` in milliseconds. */
export interface TabApplication {
  readonly name: string
  readonly lease: number
}

/** One tab, driven from outside. Whatever it is asked rejects once it is gone, and is not answered while it is frozen. */
export class Tab {
  readonly page: Page
  readonly #control: CDPSession

  constructor(page: Page, control: CDPSession) {
    this.page = page
    this.#control = control
  }

  /** Composes the application without starting it. */
  compose(application: TabApplication): Promise<void> {
    return this.#call('compose', application)
  }

  start(application: TabApplication): Promise<void> {
    return this.#call('start', application)
  }

  /** Imports a session into the tab's storage. */
  takeIn(session: ExportedSession): Promise<string> {
    return this.#call('takeIn', session)
  }

  /** Keeps an eye on a session from now on, as a page does that shows it. */
  follow(uid: string): Promise<void> {
    return this.#call('follow', uid)
  }

  /** The next time that the tab comes to this point, it tells so, and waits for its fate. */
  arm(point: Point): Promise<void> {
    return this.#call('arm', point)
  }

  grant(uid: string, wish: Wish): Promise<void> {
    return this.#call('grant', uid, wish)
  }

  counts(uid: string): Promise<Counts> {
    return this.#call('counts', uid)
  }

  stored(uid: string): Promise<Stored> {
    return this.#call('stored', uid)
  }

  /** Resolves when no command is under way in the tab, and no task runs there. */
  idle(): Promise<void> {
    return this.#call('idle')
  }

  /** Lets a fault befall the tab itself; resolves when it has. */
  async strike(kind: Exclude<Kind, 'kill'>): Promise<void> {
    switch (kind) {
      case 'crash':
        return this.#crash()
      case 'close':
        return this.page.close()
      case 'reload':
        return void (await this.page.reload())
      case 'leave':
        return void (await this.page.goto('about:blank'))
      case 'freeze':
        return void (await this.#control.send('Page.setWebLifecycleState', { state: 'frozen' }))
    }
  }

  async thaw(): Promise<void> {
    await this.#control.send('Page.setWebLifecycleState', { state: 'active' })
  }

  async #crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash')
    // The answer never comes: whoever should give it is gone.
    this.#control.send('Page.crash').catch(() => undefined)
    await crashed
  }

  #call<TAnswer>(method: string, ...args: readonly unknown[]): Promise<TAnswer> {
    return this.page.evaluate(`tab.${method}(...${JSON.stringify(args)})`)
  }
}
