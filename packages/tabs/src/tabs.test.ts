import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'

/** A name that leads to this machine, but isn't counted as it: a page from there is insecure and has no Web Locks. */
const INSECURE = 'insecure.test'
/** What a closed or crashed tab's work may take until another tab has taken it over. */
const TAKEOVER_MS = 2_000
/** A busy machine may be late once; what is broken is late each time. */
const BUSY = { retry: 2 }
/** For frozen tabs, whose end shows in their lease only; so short for tests alone. */
const SHORT_LEASE = 3_000
/** For how long a tab hangs; the timers of a hidden tab, which notices it, fire once a second. */
const HANG_MS = 5_000
const INTO_CACHE = "globalThis.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))"
const OUT_OF_CACHE = "globalThis.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"

interface TabState {
  readonly sweeps: boolean
  readonly turns: number
  readonly deaths: readonly string[]
  readonly missing: readonly string[]
}

/** One tab, driven from outside. */
class Tab {
  readonly page: Page
  readonly #control: CDPSession

  constructor(page: Page, control: CDPSession) {
    this.page = page
    this.#control = control
  }

  join(owner: string, lease: number): Promise<void> {
    return this.#call('presence.join', { name: name(), lease }, owner)
  }

  state(): Promise<TabState> {
    return this.#call('presence.state')
  }

  alive(owners: readonly string[]): Promise<readonly string[]> {
    return this.#call('presence.alive', owners)
  }

  startApplication(who: string, { lease, holds }: { readonly lease: number; readonly holds: boolean }): Promise<void> {
    return this.#call('application.start', { name: name(), lease }, { who, holds })
  }

  work(): Promise<{ readonly status: string; readonly who: string | null }> {
    return this.#call('application.work')
  }

  call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#call(method, ...args)
  }

  async freeze(): Promise<void> {
    await this.#control.send('Page.setWebLifecycleState', { state: 'frozen' })
  }

  async thaw(): Promise<void> {
    await this.#control.send('Page.setWebLifecycleState', { state: 'active' })
  }

  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash')
    this.#control.send('Page.crash').catch(() => undefined)
    await crashed
  }

  #call<TAnswer>(method: string, ...args: readonly unknown[]): Promise<TAnswer> {
    return this.page.evaluate(`tab.${method}(...${JSON.stringify(args)})`)
  }
}

let server: Server
let chromiumProcess: ChildProcess
let browser: Browser
const profile = mkdtempSync(join(tmpdir(), 'triggerkit-tabs-'))
let tests = 0

/** The application's name: another one for each test. */
const name = (): string => `survey ${tests}`

beforeAll(async () => {
  const entry = fileURLToPath(new URL('./tab.test-tab.ts', import.meta.url))
  const options = { bundle: true, write: false, format: 'esm', target: 'es2022', platform: 'browser' } as const
  const { outputFiles } = await build({ ...options, entryPoints: [entry], conditions: ['@triggerkit/source'] })
  server = createServer(({ url }, response) => {
    const script = url === '/tab.js'
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    response.end(script ? outputFiles[0]?.text : '<!doctype html><title>tab</title><script type="module" src="/tab.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Without playwright's defaults, by which every tab would count as seen and none could be frozen.
  browser = await chromium.connectOverCDP(await launched(), { noDefaults: true })
}, 60_000)

/** Starts a browser. @returns where it listens */
async function launched(): Promise<string> {
  const { executablePath, args } = inject('chromium')
  const ours = ['--headless=new', '--remote-debugging-port=0', '--disable-breakpad', `--user-data-dir=${profile}`, `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`]
  chromiumProcess = spawn(executablePath ?? 'chromium', [...args, ...ours, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  // Read to the end: a browser that can't write its messages hangs.
  return new Promise((resolve, reject) => {
    let told = ''
    chromiumProcess.stderr?.on('data', (chunk) => {
      told += String(chunk)
      const address = /DevTools listening on (\S+)/.exec(told)?.[1]
      if (address !== undefined) resolve(address)
    })
    chromiumProcess.once('exit', () => reject(new Error(`Chromium did not start: ${told}`)))
  })
}

afterAll(async () => {
  server?.close()
  await browser?.close()
  if (chromiumProcess?.exitCode === null && chromiumProcess.signalCode === null) {
    const ended = once(chromiumProcess, 'exit')
    chromiumProcess.kill()
    await ended
  }
  // What belongs to the browser writes for a moment after its end.
  await until(() => rm(profile, { recursive: true, force: true }).then(() => true, () => false))
}, 60_000)

let pages: Page[] = []

afterEach(async () => {
  await Promise.all(pages.map((page) => page.close()))
  pages = []
  tests += 1
})

/** New tabs; the last one is the one that is seen. */
async function open(count: number, host = 'localhost'): Promise<Tab[]> {
  const [context] = browser.contexts()
  if (context === undefined) throw new Error('the browser has no window')
  const opened: Tab[] = []
  for (let number = 0; number < count; number += 1) {
    const page = await context.newPage()
    pages.push(page)
    await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`)
    opened.push(new Tab(page, await context.newCDPSession(page)))
  }
  await opened.at(-1)?.page.bringToFront()
  return opened
}

async function open2(): Promise<readonly [Tab, Tab]> {
  const [one, other] = await open(2)
  return [one as Tab, other as Tab]
}

/** Waits until something holds, and tells after how many milliseconds it did. */
async function until(holds: () => Promise<boolean>, limit = 15_000): Promise<number> {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > limit) throw new Error(`it did not happen within ${limit} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return performance.now() - began
}

/** Two tabs that know each other, and a third one that was frozen while it waited for their locks. */
async function besideFrozen(): Promise<[Tab, Tab]> {
  const [one, other, third] = (await open(3)) as [Tab, Tab, Tab]
  await one.join('one', 180_000)
  for (const tab of [other, third]) await tab.join(`${tab === other}`, 180_000)
  await until(async () => (await other.alive(['one', 'true', 'false'])).length === 3)
  await third.freeze()
  return [one, other]
}

/** Two tabs that know of each other, of which the first sweeps. */
async function joined(lease = 180_000): Promise<readonly [Tab, Tab]> {
  const [one, other] = await open2()
  await one.page.bringToFront()
  await one.join('one', lease)
  await until(async () => (await one.state()).sweeps)
  await other.join('other', lease)
  await until(async () => (await other.alive(['one', 'other'])).length === 2)
  return [one, other]
}

/** Two tabs with an application each: the first one runs a task that doesn't end by itself. */
async function working(lease = 180_000): Promise<readonly [Tab, Tab]> {
  const [one, other] = await open2()
  await one.page.bringToFront()
  await one.startApplication('one', { lease, holds: true })
  await one.call('application.fire')
  await until(async () => (await one.work()).status === 'running')
  await other.startApplication('other', { lease, holds: false })
  return [one, other]
}

const ENDS: readonly (readonly [string, (tab: Tab) => Promise<unknown>])[] = [
  ['closed', ({ page }) => page.close()],
  ['crashed', (tab) => tab.crash()],
  ['reloaded', ({ page }) => page.reload()],
  ['sent elsewhere', ({ page }) => page.goto('about:blank')],
]

describe('an owner', () => {
  it.each(ENDS)('is known to be dead at once where its tab was %s', BUSY, async (_how, end) => {
    const [one, other] = await joined()

    await end(one)
    const took = await until(async () => (await other.state()).deaths.includes('one'))

    expect(took).toBeLessThan(TAKEOVER_MS)
    expect(await other.alive(['one', 'other'])).toEqual(['other'])
  })

  it('that came later is watched over without being asked for', async () => {
    const [one, other] = await open2()
    await other.join('other', 180_000)
    await one.join('one', 180_000)

    await one.page.close()
    await until(async () => (await other.state()).deaths.includes('one'))

    expect((await other.state()).deaths).toEqual(['one'])
  })

  it('in a worker is dead at once where that was terminated, and its role passes on', BUSY, async () => {
    const [one, other] = await open2()
    await one.call('worker.join', { name: name(), lease: 180_000 }, 'worker')
    await other.join('other', 180_000)
    expect((await other.state()).sweeps).toBe(false)

    await one.call('worker.terminate')
    const took = await until(async () => (await other.state()).sweeps && (await other.state()).deaths.includes('worker'))

    expect(took).toBeLessThan(TAKEOVER_MS)
  })

  it('in a shared worker lives as long as a tab that uses it, and its role passes on', BUSY, async () => {
    const [one, other] = await open2()
    await one.call('worker.joinShared', { name: name(), lease: 180_000 }, 'shared')
    await other.join('other', 180_000)
    expect([(await other.state()).sweeps, await other.alive(['shared'])]).toEqual([false, ['shared']])

    await one.page.close()
    const took = await until(async () => (await other.state()).sweeps && (await other.state()).deaths.includes('shared'))

    expect(took).toBeLessThan(TAKEOVER_MS)
  })

  it('is dead once it was withdrawn, and can be announced once only', async () => {
    const [one, other] = await joined()
    await expect(one.call('presence.again')).rejects.toThrow(/announced already/)

    await one.call('presence.withdraw')
    await until(async () => (await other.state()).deaths.includes('one'))

    expect(await one.alive(['one', 'other', 'nobody'])).toEqual(['other'])
  })

  it('still counts as living while its tab is frozen: its lease in the storage tells', async () => {
    const [one, other] = await joined()

    await one.freeze()

    expect(await other.alive(['one'])).toEqual(['one'])
  })

  // A tab that waits for an owner's lock and is frozen is given it all the same, and keeps it.
  it('is dead though a frozen tab was left with its lock', async () => {
    const [one, other] = await besideFrozen()

    await one.page.close()
    await until(async () => (await other.state()).deaths.includes('one'))

    expect(await other.alive(['one'])).toEqual([])
  })
})

describe('the sweeper', () => {
  it.each(ENDS)('is another tab at once where the first was %s', BUSY, async (_how, end) => {
    const [one, other] = await joined()
    expect((await other.state()).sweeps).toBe(false)

    await end(one)
    const took = await until(async () => (await other.state()).sweeps)

    expect(took).toBeLessThan(TAKEOVER_MS)
  })

  it('is another tab once the first one gave up', async () => {
    const [one, other] = await joined()

    await one.call('presence.stopSweeping')
    await until(async () => (await other.state()).sweeps)

    expect((await one.state()).sweeps).toBe(false)
  })

  it('is another tab as soon as the first one is frozen, and stays it when that thaws', BUSY, async () => {
    const [one, other] = await joined()

    await one.freeze()
    const took = await until(async () => (await other.state()).sweeps)
    await one.thaw()

    expect(took).toBeLessThan(TAKEOVER_MS)
    expect((await one.state()).sweeps).toBe(false)
  })

  // reliability.md B1: who hangs keeps its lock, and the victim of `steal` goes on running.
  it('is replaced while it hangs, and gives up when it goes on', { ...BUSY, timeout: 60_000 }, async () => {
    const [one, other] = await joined(2 * SHORT_LEASE)
    const hanging = one.page.evaluate(`{ const end = performance.now() + ${HANG_MS}; while (performance.now() < end); tab.presence.state() }`)

    const took = await until(async () => (await other.state()).sweeps)
    const before = (await hanging) as TabState
    // On a busy machine the other tab may seem to hang, too, and leave the role to the first one again.
    await until(async () => {
      const { sweeps, turns } = await one.state()
      return !sweeps || turns > 1
    })

    expect(took).toBeLessThan(HANG_MS)
    expect(before.sweeps).toBe(true)
    await until(async () => (await one.state()).sweeps !== (await other.state()).sweeps)
  })

  it('stays the same as long as it answers', BUSY, async () => {
    const [one, other] = await joined(1_200)

    // Longer than several questions take.
    const later = performance.now() + 1_500
    await until(async () => performance.now() > later)

    expect(await one.state()).toMatchObject({ sweeps: true, turns: 1 })
    expect(await other.state()).toMatchObject({ sweeps: false, turns: 0 })
  })

  it('leaves the role to a tab that is seen when it is hidden itself, as timers of hidden tabs hardly run', async () => {
    const [one, other] = await joined()

    await other.page.bringToFront()
    await until(async () => (await other.state()).sweeps)

    expect((await one.state()).sweeps).toBe(false)
  })
})

describe('a page in the back/forward cache', () => {
  it('holds no lock, and takes them again when it comes back', async () => {
    const [one, other] = await joined()
    await one.page.evaluate(INTO_CACHE)
    await until(async () => (await other.state()).deaths.includes('one') && (await other.state()).sweeps)
    expect((await one.state()).sweeps).toBe(false)

    await one.page.evaluate(OUT_OF_CACHE)
    await until(async () => (await other.alive(['one'])).length === 1)

    await other.page.close()
    await until(async () => (await one.state()).sweeps)
    expect((await one.state()).deaths).toContain('other')
  })

  // A tab that waits for an owner's lock and is frozen is given it all the same, and keeps it.
  it('lives when it comes back though a frozen tab was left with its lock, and its end is known', async () => {
    const [one, other] = await besideFrozen()

    await one.page.evaluate(INTO_CACHE)
    await until(async () => (await other.state()).deaths.length === 1)
    await one.page.evaluate(OUT_OF_CACHE)
    await until(async () => (await other.alive(['one'])).length === 1)

    await one.page.close()
    await until(async () => (await other.state()).deaths.length === 2)
    expect((await other.state()).deaths).toEqual(['one', 'one'])
  })

  it('keeps its work when it comes back though a frozen tab was left with its lock', async () => {
    const [one, other, third] = (await open(3)) as [Tab, Tab, Tab]
    await one.startApplication('one', { lease: 180_000, holds: true })
    for (const tab of [other, third]) await tab.startApplication('other', { lease: 180_000, holds: false })
    await third.freeze()
    await one.page.evaluate(INTO_CACHE)
    await one.page.evaluate(OUT_OF_CACHE)

    await one.call('application.fire')
    const later = performance.now() + TAKEOVER_MS + 1_000
    await until(async () => performance.now() > later)
    const meanwhile = await other.work()
    await one.call('application.letGo')
    await until(async () => (await other.work()).status === 'finished')

    expect([meanwhile.status, (await other.work()).who]).toEqual(['running', 'one'])
  })
})

describe('the work of a tab', () => {
  it.each(ENDS)('that was %s is taken over within two seconds', BUSY, async (_how, end) => {
    const [one, other] = await working()

    await end(one)
    const took = await until(async () => (await other.work()).status === 'finished')

    expect(took).toBeLessThan(TAKEOVER_MS)
    expect((await other.work()).who).toBe('other')
  })

  it('that is frozen is taken over after its lease, and its late result is refused', { ...BUSY, timeout: 20_000 }, async () => {
    const [one, other] = await working(SHORT_LEASE)
    await one.freeze()

    const took = await until(async () => (await other.work()).status === 'finished')
    await one.thaw()
    await one.call('application.letGo')
    const later = performance.now() + 500
    await until(async () => performance.now() > later)

    expect(took).toBeGreaterThan(SHORT_LEASE / 2)
    expect(took).toBeLessThan(SHORT_LEASE + TAKEOVER_MS)
    expect(await one.work()).toMatchObject({ status: 'finished', who: 'other' })
  })
})

describe('a page without BroadcastChannel', () => {
  it('says what is missing, sweeps, and takes every owner with a lease for living', async () => {
    const [tab] = (await open(1)) as [Tab]
    await tab.page.evaluate('delete globalThis.BroadcastChannel')

    await tab.join('one', 180_000)

    const { sweeps, missing } = await tab.state()
    expect(missing).toEqual([expect.stringContaining('no BroadcastChannel')])
    expect(sweeps).toBe(true)
    expect(await tab.alive(['one', 'other'])).toEqual(['one', 'other'])
  })
})

describe('a page without Web Locks', () => {
  it('says what is missing, sweeps, and takes every owner with a lease for living', async () => {
    const [tab] = (await open(1, INSECURE)) as [Tab]

    await tab.join('one', 180_000)

    const { sweeps, missing } = await tab.state()
    expect(missing).toEqual([expect.stringContaining('no Web Locks')])
    expect(sweeps).toBe(true)
    expect(await tab.alive(['one', 'other'])).toEqual(['one', 'other'])
  })
})
