import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

import { listPackages } from '@triggerkit/tool-checks/workspace'

/** What programs of new users are compiled with, beside what they import. */
const TOOLS = ['@types/node']

/**
 * Packs every published package as it would be published, and whatever they depend on as it was installed, so that no registry is
 * needed: of each its `name`, `tarball`, `files`, the `entries` that can be imported, what it `needs`, and whether it `isOwn`.
 */
export function packAll(root, destination) {
  const own = listPackages(root).filter(({ manifest }) => !manifest.private)
  const unbuilt = own.filter(({ folder }) => !existsSync(join(root, folder, 'dist'))).map(({ folder }) => folder)
  if (unbuilt.length > 0) throw new Error(`Not built: ${unbuilt.join(', ')}. Run \`npx nx acceptance @triggerkit/tool-outside\`, which builds first.`)
  const ownNames = new Set(own.map(({ manifest }) => manifest.name))
  const foreign = [...dependenciesOf(own, TOOLS, root)].filter((name) => !ownNames.has(name)).map((name) => `node_modules/${name}`)
  mkdirSync(destination, { recursive: true })
  return pack(root, destination, [...own.map(({ folder }) => folder), ...foreign]).map((packed) => ({ ...packed, isOwn: ownNames.has(packed.name) }))
}

/** All that the packages and tools need, directly or not. */
function dependenciesOf(own, tools, root) {
  const found = new Set([...tools, ...own.flatMap(({ manifest }) => neededBy(manifest))])
  // A set that grows while it is walked is walked to its new end.
  for (const name of found) for (const further of neededBy(readManifest(join(root, 'node_modules', name)))) found.add(further)
  return found
}

const neededBy = ({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }) => [
  ...Object.keys(dependencies),
  ...Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional),
]

function pack(root, destination, folders) {
  const manifests = new Map(folders.map((folder) => readManifest(join(root, folder))).map((manifest) => [manifest.name, manifest]))
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination, ...folders.map((folder) => `./${folder}`)]
  const output = execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26, shell: process.platform === 'win32' })
  // A list in some releases of npm, an object by name in others.
  return Object.values(JSON.parse(output)).map(({ name, filename, files }) => ({
    name,
    tarball: join(destination, filename),
    files: files.map(({ path }) => path),
    entries: entriesOf(manifests.get(name)),
    needs: neededBy(manifests.get(name)),
  }))
}

/** What one can import: each exported path that leads to code, but for those named after an optional peer, which they need. */
function entriesOf({ name, exports = {}, peerDependenciesMeta = {} }) {
  return Object.entries(exports)
    .filter(([path, entry]) => typeof entry === 'object' && !peerDependenciesMeta[path.slice(2)]?.optional)
    .map(([path]) => posix.join(name, path))
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
