import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

import { build } from 'esbuild'

import { atMost } from '../figure.js'
import type { Figure } from '../figure.js'

const BUDGETS = new URL('../../checks/size-budgets.json', import.meta.url)

/** What a user's bundle grows by, minified and gzipped, beside what it is meant to be. */
export async function bundleSizes(): Promise<readonly Figure[]> {
  const budgets = JSON.parse(await readFile(BUDGETS, 'utf8')) as Record<string, { entry: string; goalBytes: number }>
  return Promise.all(
    Object.entries(budgets).map(async ([name, { entry, goalBytes }]) =>
      atMost(`size.${name}`, `${name}, everything that it imports included`, await gzipped(entry), { unit: 'bytes', goal: goalBytes, gate: goalBytes }),
    ),
  )
}

async function gzipped(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['@triggerkit/source'],
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0]?.contents as Uint8Array, { level: 9 }).byteLength
}
