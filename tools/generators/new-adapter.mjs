import { join } from 'node:path'

import { generateFiles, names, output, readJson } from '@nx/devkit'

import { assertFreeName } from './adapter-name.mjs'

const KINDS = {
  storage: { kind: 'storage', folder: 'packages/storage', prefix: '@triggerkit/storage-' },
  runner: { kind: 'runner', folder: 'packages/runners', prefix: '@triggerkit/runners-' },
}

/** `npx nx g tools:storage NAME` */
export function newStorage(tree, options) {
  return writeAdapter(tree, KINDS.storage, options)
}

/** `npx nx g tools:runner NAME` */
export function newRunner(tree, options) {
  return writeAdapter(tree, KINDS.runner, options)
}

/** Writes a sibling of the adapters that there are; answers with what is to be done once the files are on disk. */
function writeAdapter(tree, { kind, folder, prefix }, { name, runtime = 'any' }) {
  assertFreeName(tree, { kind, folder, name })
  const target = `${folder}/${name}`
  const substitutions = { ...spellings(name), folder: target, package: `${prefix}${name}`, runtime, ...versions(tree), template: '' }
  for (const files of ['adapter', kind]) generateFiles(tree, join(import.meta.dirname, 'files', files), target, substitutions)
  tree.write(`${target}/LICENSE`, tree.read('LICENSE'))
  tree.write(`.changeset/new-${kind}-${name}.md`, `---\n'${prefix}${name}': minor\n---\n\nA new ${kind}: ${name}.\n`)
  return () => output.note({ title: `${prefix}${name} fails its conformance test until it is finished`, bodyLines: nextSteps(target, kind, name) })
}

/** The name as code spells it: `webWorker`, `WebWorker`. */
function spellings(name) {
  const { propertyName, className } = names(name)
  return { name, propertyName, className }
}

function versions(tree) {
  const versionOf = (folder) => readJson(tree, `packages/${folder}/package.json`).version
  return { node: readJson(tree, 'package.json').engines.node, contracts: versionOf('contracts'), conformance: versionOf('conformance') }
}

function nextSteps(target, kind, name) {
  const steps = [
    ['npm install', 'links the package and enters it in package-lock.json: commit that, too'],
    [`npx vitest run --project node ${target}`, 'says which promises it does not keep yet'],
    [`packages/contracts/src/${kind}.ts`, 'says what it promises'],
    [`${target}/src/${name}-${kind}.ts`, 'is where to keep them'],
    ...(kind === 'storage' ? [['tools/conformance/storages.ts', 'makes it known to `npm run conformance -- --storage`']] : []),
    ['README.md', 'lists the packages: give it a line'],
  ]
  const width = Math.max(...steps.map(([what]) => what.length))
  return steps.map(([what, why]) => `${what.padEnd(width)}  ${why}`)
}
