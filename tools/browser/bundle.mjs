import { build } from 'esbuild'

const query = '?bundle'

/**
 * Vite's plugin for `import code from './far.test-worker.ts?bundle'`: the text of the module and of all that it imports. A worker made
 * of one text starts in milliseconds; from source, module by module, it takes a hundred times as long, and many tests start many.
 */
export function bundle() {
  return {
    name: 'bundle',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith(query)) return undefined
      return `export default ${JSON.stringify(await bundled(id.slice(0, -query.length)))}`
    },
  }
}

/**
 * The text of a module and of all that it imports, from source, as a page or a worker loads it.
 * @param {string} entry
 * @returns {Promise<string>}
 */
export async function bundled(entry) {
  const options = { bundle: true, write: false, format: 'esm', target: 'es2022', conditions: ['@triggerkit/source'] }
  const { outputFiles } = await build({ ...options, entryPoints: [entry], platform: 'browser', logLevel: 'silent' })
  return outputFiles[0].text
}
