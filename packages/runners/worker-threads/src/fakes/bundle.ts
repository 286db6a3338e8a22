import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { build } from 'esbuild'
import { afterAll } from 'vitest'

const folder = await mkdtemp(join(tmpdir(), 'triggerkit-threads-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
let count = 0

const here = fileURLToPath(new URL('..', import.meta.url))

/**
 * Builds a module with all that it imports, from this repository's sources: a thread knows neither TypeScript nor the condition under
 * which tests resolve packages.
 * @param program - what the module says; it may import packages and, by `./`, this package's files
 */
export async function bundle(program: string): Promise<URL> {
  count += 1
  const outfile = join(folder, `module-${count}.mjs`)
  const stdin = { contents: program, resolveDir: here, loader: 'ts' } as const
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', conditions: ['@triggerkit/source'], logLevel: 'error' })
  return pathToFileURL(outfile)
}

/** The far side, as a thread can import it. */
export function bundledWorker(): Promise<URL> {
  return bundle("export { serve } from './worker.js'")
}
