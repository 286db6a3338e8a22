import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { build } from 'esbuild'

/** What threads import, as JavaScript: they know no TypeScript. */
export interface ThreadModules {
  /** The address of one of them. */
  of(name: 'runner' | 'tasks' | 'comlink' | 'piscina'): URL
  remove(): Promise<void>
}

/** Bundles what the threads of all peers import, in a folder of its own. */
export async function bundleThreads(): Promise<ThreadModules> {
  const outdir = await mkdtemp(join(tmpdir(), 'triggerkit-bench-'))
  const peer = (name: string): string => fileURLToPath(new URL(`./peers/${name}.ts`, import.meta.url))
  const entryPoints = {
    runner: '@triggerkit/runners-worker-threads/worker',
    tasks: peer('thread-tasks'),
    comlink: peer('comlink-thread'),
    piscina: peer('piscina-thread'),
  }
  await build({
    entryPoints,
    outdir,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@triggerkit/source'],
    logLevel: 'error',
  })
  return { of: (name) => pathToFileURL(join(outdir, `${name}.mjs`)), remove: () => rm(outdir, { recursive: true }) }
}
