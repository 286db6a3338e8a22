import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

import { build } from 'esbuild'

import { atMost } from '../figure.js'
import type { Figure } from '../figure.js'

const BUDGETS = new URL('../../checks/size-budgets.json', import.meta.url)

type Budgets = Readonly<Record<string, { readonly entry: string; readonly goalBytes: number }>>

/** What a user's bundle grows by, minified and gzipped, beside what it is meant to be. */
export async function bundleSizes(): Promise<readonly Figure[]> {
  const budgets = await readBudgets()
  return Promise.all(Object.keys(budgets).map((name) => sizeOf(name, budgets)))
}

/** One of them, by its name among the budgets. */
export async function bundleSize(name: string): Promise<Figure> {
  return sizeOf(name, await readBudgets())
}

async function readBudgets(): Promise<Budgets> {
  return JSON.parse(await readFile(BUDGETS, 'utf8')) as Budgets
}

async function sizeOf(name: string, budgets: Budgets): Promise<Figure> {
  const budget = budgets[name]
  if (budget === undefined) throw new Error(`There is no size budget ${name}.`)
  const { entry, goalBytes } = budget
  return atMost(`size.${name}`, `${name}, everything that it imports included`, await gzipped(entry), { unit: 'bytes', goal: goalBytes, gate: goalBytes })
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
