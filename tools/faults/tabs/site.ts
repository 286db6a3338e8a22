import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

import { bundled } from '@triggerkit/tool-browser/bundle'

const PAGE = '<!doctype html><title>A tab of the fault runs</title><link rel="icon" href="data:,"><script type="module" src="/application.js"></script>'

/** Where the tabs load the application from. */
export class Site {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<Site> {
    const scripts = new Map([
      ['/application.js', await bundled(fileOf('./application.test-tab.ts'))],
      ['/worker.js', await bundled(fileOf('./worker.test-tab.ts'))],
    ])
    const server = createServer(({ url = '' }, response) => {
      const script = scripts.get(url)
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
      response.end(script ?? PAGE)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Site(server)
  }

  get address(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

function fileOf(entry: string): string {
  return fileURLToPath(new URL(entry, import.meta.url))
}
