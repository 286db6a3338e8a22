import { builtinModules } from 'node:module'
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
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

/** A package that says it runs in browsers must bundle for them without a Node builtin, whichever of its entries is taken. */
export async function checkBrowserBundles(root) {
  const faults = await Promise.all(
    listBrowserEntries(root).map(async ({ name, source: entry }) =>
      (await findBuiltins({ ...source, absWorkingDir: root, entryPoints: [entry] })).map((builtin) => `${name} reaches ${builtin}`),
    ),
  )
  return faults.flat()
}

/** What code may be imported in a browser: `name`, as one imports it, and `source`, the file behind it. */
export function listBrowserEntries(root) {
  return listPackages(root)
    .filter(({ manifest }) => ['runtime:any', 'runtime:browser'].some((tag) => !manifest.private && manifest.nx?.tags?.includes(tag)))
    .flatMap(({ folder, manifest }) =>
      Object.entries(manifest.exports)
        .filter(([, entry]) => typeof entry === 'object')
        .map(([path, entry]) => ({ name: posix.join(manifest.name, path), source: posix.join(folder, entry['@triggerkit/source']) })),
    )
}

/** The Node builtins that a bundle for browsers would want, with who wants them. `options` are esbuild's. */
export async function findBuiltins(options) {
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
  await build({ ...options, bundle: true, write: false, platform: 'browser', logLevel: 'silent', plugins: [collect] })
  return [...builtins]
}

/** The files of which something is left in the bundle of that code, as a user in that folder would make it. */
export async function findKept(folder, code) {
  const { build } = await import('esbuild')
  const { metafile } = await build({ absWorkingDir: folder, stdin: { contents: code, resolveDir: folder }, bundle: true, write: false, metafile: true, minify: true, format: 'esm' })
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  return inputs.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []))
}
