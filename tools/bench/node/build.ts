import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { build } from 'esbuild'

/** What threads import, as JavaScript. */
export interface Built {
  /** The address of one of these files. */
  thread(name: 'runner' | 'tasks' | 'comlink' | 'piscina'): URL
  remove(): Promise<void>
}

const here = fileURLToPath(new URL('.', import.meta.url))
/** Within the repository, so that what isn't bundled is found. */
const reports = join(here, '../../../reports')

/** Bundles what the threads of all peers import, in a folder of its own. */
export async function buildThreads(): Promise<Built> {
  await mkdir(reports, { recursive: true })
  const outdir = await mkdtemp(join(reports, 'bench-'))
  await build({
    entryPoints: {
      runner: '@triggerkit/runners-worker-threads/worker',
      tasks: './peers/thread-tasks.ts',
      comlink: './peers/comlink-thread.ts',
      piscina: './peers/piscina-thread.ts',
    },
    outdir,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: here,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['piscina'],
    logLevel: 'error',
  })
  return {
    thread: (name) => pathToFileURL(join(outdir, `${name}.mjs`)),
    remove: () => rm(outdir, { recursive: true }),
  }
}
