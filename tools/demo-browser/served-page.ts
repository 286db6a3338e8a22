import { fileURLToPath } from 'node:url'

import { build, preview } from 'vite'

const root = fileURLToPath(new URL('../../apps/survey-browser', import.meta.url))
/** Where a page was served before, its session is there again: each port is an origin of its own. */
const USUAL_PORT = 4180

/** The built page, served on 127.0.0.1. */
export interface ServedPage {
  readonly address: string
  close(): Promise<void>
}

/**
 * Builds the page and serves what was built.
 * @param port - where to listen; unless given, the usual port or the next that is free
 */
export async function servePage(port?: number): Promise<ServedPage> {
  await build({ root, logLevel: 'warn' })
  const server = await preview({ root, logLevel: 'warn', preview: { host: '127.0.0.1', port: port ?? USUAL_PORT, strictPort: port !== undefined } })
  const [address] = server.resolvedUrls?.local ?? []
  if (address === undefined) throw new Error('The page is served nowhere.')
  return { address, close: () => server.close() }
}
