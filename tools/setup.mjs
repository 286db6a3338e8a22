// Makes the working copy ready: the right Node, and the dependencies that the lock file names. Instant when there is nothing to do.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const lockFile = join(root, 'package-lock.json')
const stampFile = join(root, 'node_modules', '.installed-lock')
const npmRecord = join(root, 'node_modules', '.package-lock.json')

export function setup() {
  requireNode(20, 19)
  const lock = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  if (isInstalled(lock)) return
  console.error('Installing dependencies (first run, or the lock file changed) …')
  installDependencies()
  writeFileSync(stampFile, lock)
}

function requireNode(major, minor) {
  const [actualMajor = 0, actualMinor = 0] = process.versions.node.split('.').map(Number)
  if (actualMajor > major || (actualMajor === major && actualMinor >= minor)) return
  console.error(`Triggerkit needs Node ${major}.${minor} or newer; this is Node ${process.versions.node}. Install a newer Node and try again.`)
  process.exit(1)
}

function isInstalled(lock) {
  if (existsSync(stampFile)) return readFileSync(stampFile, 'utf8') === lock
  // Somebody ran `npm install` by hand: npm's own record is then at least as new as the lock file.
  if (!existsSync(npmRecord) || statSync(npmRecord).mtimeMs < statSync(lockFile).mtimeMs) return false
  writeFileSync(stampFile, lock)
  return true
}

function installDependencies() {
  const result = spawnSync('npm', ['ci', '--no-progress', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (result.status === 0) return
  console.error(`npm ci failed:\n${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`)
  process.exit(1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup()
