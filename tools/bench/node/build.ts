import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { build } from 'esbuild'

import type * as product from './product.js'

/** Our packages. */
export type Product = typeof product

/** What is measured, as JavaScript. */
export interface Built {
  readonly product: Product
  /** The address of what a thread imports. */
  thread(name: 'runner' | 'tasks' | 'comlink' | 'piscina'): URL
  remove(): Promise<void>
}

const here = fileURLToPath(new URL('.', import.meta.url))
/** Within the repository, so that what isn't bundled is found. */
const reports = join(here, '../../../reports')

/** Bundles our packages, and what the threads of all peers import, in a folder of its own. */
export async function buildMeasured(): Promise<Built> {
  await mkdir(reports, { recursive: true })
  const outdir = await mkdtemp(join(reports, 'bench-'))
  await build({
    entryPoints: {
      product: './product.ts',
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
    conditions: ['@triggerkit/source'],
    external: ['bullmq', 'ioredis', 'piscina'],
    logLevel: 'error',
  })
  const built = (name: string): URL => pathToFileURL(join(outdir, `${name}.mjs`))
  return {
    product: (await import(built('product').href)) as Product,
    thread: built,
    remove: () => rm(outdir, { recursive: true }),
  }
}
