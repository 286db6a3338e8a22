import { builtinModules } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { listPackages } from './workspace.mjs'

const source = { bundle: true, write: false, format: 'esm', target: 'es2022', conditions: ['@triggerkit/source'], logLevel: 'silent' }

/** What a user's bundle grows by: everything the entry imports, minified and gzipped. A kB is 1000 bytes. */
export async function checkSizes(root) {
  const budgets = JSON.parse(readFileSync(join(root, 'tools/checks/size-budgets.json'), 'utf8'))
  const measured = await Promise.all(
    Object.entries(budgets).map(async ([name, { entry, maxBytes }]) => ({ name, maxBytes, bytes: await measure(root, entry) })),
  )
  return {
    faults: measured
      .filter(({ bytes, maxBytes }) => bytes > maxBytes)
      .map(({ name, bytes, maxBytes }) => `${name} takes ${kilobytes(bytes)}, its budget is ${kilobytes(maxBytes)}`),
    note: measured.map(({ name, bytes, maxBytes }) => `${name} ${kilobytes(bytes)} of ${kilobytes(maxBytes)}`).join(', '),
  }
}

async function measure(root, entry) {
  const { build } = await import('esbuild')
  const options = { ...source, absWorkingDir: root, entryPoints: [entry], minify: true, platform: 'neutral', mainFields: ['module', 'main'] }
  const { outputFiles } = await build(options)
  return gzipSync(outputFiles[0].contents, { level: 9 }).byteLength
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

/** A package that says it runs anywhere must bundle for a browser without a Node builtin. */
export async function checkBrowserBundles(root) {
  const portable = listPackages(root).filter(({ manifest }) => manifest.nx?.tags?.includes('runtime:any'))
  const faults = await Promise.all(
    portable.map(async ({ folder, manifest }) => (await findBuiltins(root, folder)).map((name) => `${manifest.name} reaches ${name}`)),
  )
  return faults.flat()
}

async function findBuiltins(root, folder) {
  const { build } = await import('esbuild')
  const builtins = new Set()
  const collect = {
    name: 'collect-builtins',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^(node:|[a-z])/ }, ({ path, importer }) => {
        if (!path.startsWith('node:') && !builtinModules.includes(path)) return undefined
        builtins.add(`${path} (from ${importer})`)
        return { path, external: true }
      }),
  }
  await build({ ...source, absWorkingDir: root, entryPoints: [`${folder}/src/index.ts`], platform: 'browser', plugins: [collect] })
  return [...builtins]
}
