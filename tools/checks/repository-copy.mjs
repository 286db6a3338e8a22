import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import { listFiles, listPackages } from './workspace.mjs'

/**
 * A copy of the repository's files in a temporary folder, for commands that write. Dependencies are linked, workspace packages
 * lead into the copy. `remove()` it when done.
 */
export function copyRepository(root) {
  const folder = makeFolder('triggerkit-copy-')
  for (const file of listFiles(root)) cpSync(join(root, file), join(folder, file), { recursive: true })
  linkDependencies(root, folder)
  return { folder, run: (command, ...args) => runTool(root, folder, command, args), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A temporary folder; its real path, since tools compare paths as text. */
export function makeFolder(prefix) {
  return realpathSync(mkdtempSync(join(tmpdir(), prefix)))
}

function linkDependencies(root, folder) {
  const own = new Set(listPackages(root).map(({ manifest }) => manifest.name))
  for (const name of installedNames(root)) if (!own.has(name)) link(join(root, 'node_modules', name), folder, name)
  for (const { folder: place, manifest } of listPackages(root)) link(join(folder, place), folder, manifest.name)
}

/** What lies in `node_modules`, one name a package; `.bin` and its like are among them, tools' caches are not. */
function installedNames(root) {
  return readdirSync(join(root, 'node_modules'))
    .filter((name) => !name.startsWith('.') || name === '.bin' || name === '.package-lock.json')
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(root, 'node_modules', name)).map((inner) => `${name}/${inner}`) : [name]))
}

function link(target, folder, name) {
  const place = join(folder, 'node_modules', name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(relative(dirname(place), target), place)
}

/** Runs a script of a dependency such as `nx/dist/bin/nx.js`, with no trace of the tools that run this one. */
function runTool(root, folder, script, args) {
  return runNode(folder, join(root, 'node_modules', script), ...args)
}

/** Runs Node in a folder; answers with `{ code, output }`, both streams in one text without colours. */
export function runNode(folder, ...args) {
  return runCommand(folder, process.execPath, args)
}

/** Runs npm in a folder, as {@link runNode} does. */
export function runNpm(folder, ...args) {
  return runCommand(folder, 'npm', args)
}

function runCommand(folder, command, args) {
  const shell = process.platform === 'win32' && command === 'npm'
  const result = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env: plainEnvironment(), timeout: 150_000, shell })
  const output = stripVTControlCharacters(`${result.stdout}${result.stderr}${result.error?.message ?? ''}`)
  return { code: result.status, output }
}

/** The environment as a user's shell has it: without what Nx, Vitest and npm tell the commands that they run. */
function plainEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:NX_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|npm_|FORCE_COLOR$)/.test(name))
  return { ...Object.fromEntries(kept), NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', DO_NOT_TRACK: '1', CI: '1', NO_COLOR: '1' }
}
