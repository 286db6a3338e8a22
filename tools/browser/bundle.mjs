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
      const entry = id.slice(0, -query.length)
      const options = { bundle: true, write: false, format: 'esm', target: 'es2022', conditions: ['@triggerkit/source'] }
      const { outputFiles } = await build({ ...options, entryPoints: [entry], platform: 'browser', logLevel: 'silent' })
      return `export default ${JSON.stringify(outputFiles[0].text)}`
    },
  }
}
