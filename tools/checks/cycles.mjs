import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { listFiles } from './workspace.mjs'

/** Erased by the compiler: a class and the port that it is made from may name each other's types. */
const typeImport = /^(?:import|export) type [^;]*?from '[^']+'$/gm

/** Import cycles inside a package, as they exist when it runs; those between packages are the lint rule's business. */
export async function checkCycles(root) {
  const { default: typescript } = await import('typescript')
  const sources = listFiles(root).filter((file) => /^(packages|apps|tools)\/.*\.ts$/.test(file) && !file.endsWith('.d.ts'))
  const known = new Set(sources)
  const imports = new Map(
    sources.map((file) => {
      const { importedFiles } = typescript.preProcessFile(readFileSync(join(root, file), 'utf8').replace(typeImport, ''), true, true)
      return [file, importedFiles.flatMap(({ fileName }) => resolveRelative(known, file, fileName))]
    }),
  )
  return findCycles(imports).map((cycle) => [...cycle, cycle[0]].join(' -> '))
}

function resolveRelative(known, from, specifier) {
  if (!specifier.startsWith('.')) return []
  const path = join(from, '..', specifier).replaceAll('\\', '/')
  return [path, path.replace(/\.js$/, '.ts'), `${path}.ts`, `${path}/index.ts`].filter((file) => known.has(file)).slice(0, 1)
}

/** One cycle for each import that closes one. */
export function findCycles(imports) {
  const done = new Set()
  const cycles = []
  const visit = (file, trail) => {
    const seen = trail.indexOf(file)
    if (seen >= 0) cycles.push(trail.slice(seen))
    if (seen >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return cycles
}
