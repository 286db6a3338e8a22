import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import type { Plugin } from 'esbuild'

import { DEFECTS } from './defects.js'
import type { Defect, Edit } from './defects.js'
import type { System } from './system.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The system with a planted bug, built from the sources as they are.
 * @throws if there is no defect of that id, or if a line that it rewrites is no longer there, once and only once
 */
export async function systemWith(id: string): Promise<System> {
  const defect = DEFECTS.find((known) => known.id === id)
  if (defect === undefined) throw new Error(`There is no defect ${JSON.stringify(id)}; known are ${DEFECTS.map((known) => known.id).join(', ')}.`)
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./system-entry.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@triggerkit/source'],
    absWorkingDir: root,
    logLevel: 'silent',
    plugins: [planting(defect)],
  })
  const code = outputFiles[0]?.text ?? ''
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)) as System
}

function planting({ id, edits }: Defect): Plugin {
  const files = new Map<string, Edit[]>()
  for (const edit of edits) {
    const path = join(root, ...edit.file.split('/'))
    files.set(path, [...(files.get(path) ?? []), edit])
  }
  const left = new Set(files.keys())
  return {
    name: 'planting',
    setup({ onLoad, onEnd }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const own = files.get(path)
        if (own === undefined) return undefined
        left.delete(path)
        return { contents: own.reduce((text, edit) => edited(id, text, edit), await readFile(path, 'utf8')), loader: 'ts' }
      })
      onEnd(() => {
        if (left.size > 0) throw new Error(`The defect ${id} rewrites ${[...left].join(', ')}, which the system does not consist of.`)
      })
    },
  }
}

function edited(id: string, text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find)
  if (parts.length === 2) return parts.join(replace)
  throw new Error(`The defect ${id} looks for ${JSON.stringify(find)} in ${file.replaceAll(sep, '/')} and finds it ${parts.length - 1} times: adjust it to the source.`)
}
