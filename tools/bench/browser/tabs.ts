import { mkdtemp } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { removeFolder } from '@triggerkit/tool-services'
import { build } from 'esbuild'
import { chromium, type BrowserContext, type Page } from 'playwright'

// eslint-disable-next-line @nx/enforce-module-boundaries -- the one file of that tool that runs on Node, before anything is installed
import { findChromium, launchArguments, provideChromium } from '../../browser/chromium.mjs'

const SCRIPTS = ['page', 'echo-worker', 'task-worker']

// Isolated from other origins, a page's clock is exact to 5 µs.
const HEADERS = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** A Chromium with a profile on the disk, in whose tabs the benchmark's pages are open. */
export class Tabs {
  readonly #context: BrowserContext
  readonly #server: Server
  readonly #profile: string

  private constructor(context: BrowserContext, server: Server, profile: string) {
    this.#context = context
    this.#server = server
    this.#profile = profile
  }

  static async open(): Promise<Tabs> {
    const [fault] = provideChromium()
    if (fault !== undefined) throw new Error(fault)
    const server = await serve(await bundles())
    const profile = await mkdtemp(join(tmpdir(), 'triggerkit-bench-'))
    // Any other context keeps IndexedDB in memory, where nothing is like it is on a disk.
    const context = await chromium.launchPersistentContext(profile, { executablePath: findChromium() as string, args: launchArguments })
    return new Tabs(context, server, profile)
  }

  async tab(): Promise<Tab> {
    const page = await this.#context.newPage()
    const { port } = this.#server.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/`)
    return new Tab(page)
  }

  async close(): Promise<void> {
    await this.#context.close()
    await new Promise((resolve) => this.#server.close(resolve))
    await removeFolder(this.#profile)
  }
}

/** One tab, in which measurements are called by their names in `page/page.ts`. */
export class Tab {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async call<TAnswer>(name: string, input: object = {}): Promise<TAnswer> {
    return this.#page.evaluate(
      async (given) => {
        const { measurements } = globalThis as unknown as { measurements: Record<string, (input: object) => Promise<unknown>> }
        return measurements[given.name]?.(given.input)
      },
      { name, input },
    ) as Promise<TAnswer>
  }
}

async function bundles(): Promise<ReadonlyMap<string, string>> {
  const entryPoints = SCRIPTS.map((name) => fileURLToPath(new URL(`./page/${name}.ts`, import.meta.url)))
  const options = { bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', platform: 'browser', logLevel: 'silent' } as const
  const { outputFiles } = await build({ ...options, entryPoints, outdir: '/', conditions: ['@triggerkit/source'] })
  return new Map(outputFiles.map(({ path, text }) => [path, text]))
}

async function serve(scripts: ReadonlyMap<string, string>): Promise<Server> {
  const html = '<!doctype html><title>A page of the benchmark</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'
  const server = createServer(({ url = '/' }, response) => {
    const script = scripts.get(url)
    response.writeHead(200, { ...HEADERS, 'Content-Type': script === undefined ? 'text/html' : 'text/javascript' })
    response.end(script ?? html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
