import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { faultOf, findChromium, launchArguments } from '@triggerkit/tool-browser/chromium'
import { chromium, type Browser, type BrowserContext } from 'playwright'

/** A Chromium on a profile, which can be killed and started anew. */
export class BrowserProcess {
  readonly context: BrowserContext
  readonly #process: ChildProcess
  readonly #browser: Browser

  private constructor(process: ChildProcess, browser: Browser, context: BrowserContext) {
    this.#process = process
    this.#browser = browser
    this.context = context
  }

  /** Without playwright's defaults, by which every tab would count as seen and none could be frozen. */
  static async start(profile: string): Promise<BrowserProcess> {
    const { child, address } = await launched(profile)
    const browser = await chromium.connectOverCDP(address, { noDefaults: true })
    const [context] = browser.contexts()
    if (context === undefined) throw new Error('The browser has no window.')
    return new BrowserProcess(child, browser, context)
  }

  /** Ends it from one moment to the next, as a power cut or the system does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async close(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const { exitCode, signalCode } = this.#process
    if (exitCode === null && signalCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill(signal)
      await ended
    }
    await this.#browser.close().catch(() => undefined)
  }
}

async function launched(profile: string): Promise<{ readonly child: ChildProcess; readonly address: string }> {
  const path = findChromium()
  const fault = faultOf(path)
  if (path === undefined || fault !== undefined) throw new Error(fault)
  const ours = ['--headless=new', '--remote-debugging-port=0', '--disable-breakpad', `--user-data-dir=${profile}`]
  const child = spawn(path, [...launchArguments, ...ours, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  // Read to the end: a browser that can't write its messages hangs.
  return new Promise((resolve, reject) => {
    let told = ''
    child.stderr.on('data', (chunk) => {
      told += String(chunk)
      const address = /DevTools listening on (\S+)/.exec(told)?.[1]
      if (address !== undefined) resolve({ child, address })
    })
    child.once('exit', () => reject(new Error(`Chromium did not start: ${told}`)))
  })
}
