import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { listPackages } from './workspace.mjs'

const conditions = ['@triggerkit/source', 'types', 'default']
const keywords = { 'layer:storage': 'triggerkit-storage', 'layer:runners': 'triggerkit-runner', 'layer:managers': 'triggerkit-manager' }

/** Whatever strangers need of a package that they install: see `CONTRIBUTING.md`, "Releasing". */
export function checkPublishing(root) {
  const licence = readFileSync(join(root, 'LICENSE'), 'utf8')
  const published = listPackages(root).filter(({ manifest }) => !manifest.private)
  const outdated = findDescriptors(root).filter(({ from, to }) => from !== to)
  return [
    ...published.flatMap(({ folder, manifest }) => findPublishingFaults(manifest).map((fault) => `${folder}: ${fault}`)),
    ...published.filter((workspace) => !hasLicence(root, workspace, licence)).map(({ folder }) => `${folder}: has not the LICENSE of the root`),
    ...outdated.map(({ file, from, to }) => `${file}: says version ${from}, the package is ${to}: run \`npm run version\``),
  ]
}

function hasLicence(root, { folder, files }, licence) {
  const file = `${folder}/LICENSE`
  return files.includes(file) && readFileSync(join(root, file), 'utf8') === licence
}

/** Faults of one manifest. */
export function findPublishingFaults(manifest) {
  const { exports = {}, dependencies = {}, peerDependencies = {} } = manifest
  const entries = Object.entries(exports)
  const faults = {
    'exports a pattern: name each path, so that nobody depends on another': entries.some(([path]) => path.includes('*')),
    [`exports other conditions than ${conditions.join(', ')}, in this order`]: entries.some(([, entry]) => !hasConditions(entry)),
    'does not publish "dist" and "README.md"': !['dist', 'README.md'].every((file) => manifest.files?.includes(file)),
    'publishes its sources or tests': manifest.files?.some((file) => /^(\.\/)?(src|test|\*)/.test(file)),
    'has no "publishConfig": { "access": "public" }': manifest.publishConfig?.access !== 'public',
    [`has no keyword ${JSON.stringify(keywordOf(manifest))}`]: !manifest.keywords?.includes(keywordOf(manifest)),
    'the engine may be any up to the next major: a minor one must not make this package major': !/^>=\S+ <\S+$/.test(peerDependencies['@triggerkit/engine'] ?? '>=0 <1'),
    ...(isAdapter(manifest) ? adapterFaults(dependencies, peerDependencies) : {}),
    ...(isOneOf(manifest, 'layer:managers') ? managerFaults(dependencies, peerDependencies) : {}),
  }
  return Object.keys(faults).filter((fault) => faults[fault])
}

/** docs/decisions/0007: contracts may be there twice, the engine of a manager class may not. */
function adapterFaults(dependencies, peerDependencies) {
  const all = { ...dependencies, ...peerDependencies }
  return {
    'an adapter depends on @triggerkit/contracts': !('@triggerkit/contracts' in dependencies),
    'an adapter knows neither engine nor core': '@triggerkit/engine' in all || '@triggerkit/core' in all,
  }
}

function managerFaults(dependencies, peerDependencies) {
  return {
    'the engine is a peer of a manager': '@triggerkit/engine' in dependencies || !('@triggerkit/engine' in peerDependencies),
  }
}

const isOneOf = (manifest, ...tags) => tags.some((tag) => manifest.nx?.tags?.includes(tag))
const isAdapter = (manifest) => isOneOf(manifest, 'layer:storage', 'layer:runners')
const hasConditions = (entry) => typeof entry === 'string' || Object.keys(entry).join() === conditions.join()
const keywordOf = (manifest) => Object.entries(keywords).find(([tag]) => isOneOf(manifest, tag))?.[1] ?? 'triggerkit'

/** Where sources say a package's version: `file`, the version that it says (`from`) and that of the manifest (`to`). */
export function findDescriptors(root) {
  return listPackages(root).flatMap(({ folder, manifest, files }) => {
    const descriptor = new RegExp(`package: '${manifest.name}',\\s+version: '([^']*)'`)
    const sources = files.filter((file) => file.startsWith(`${folder}/src/`) && /(?<!\.test)\.ts$/.test(file))
    return sources.flatMap((file) => {
      const found = descriptor.exec(readFileSync(join(root, file), 'utf8'))
      return found ? [{ file, from: found[1], to: manifest.version }] : []
    })
  })
}
