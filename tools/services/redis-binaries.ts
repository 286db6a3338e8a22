import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { tmpdir } from 'node:os'

/** Where the programs lie. */
export interface RedisBinaries {
  readonly server: string
  readonly cli: string
}

const LONGEST_INSTALLATION_MS = 300_000

/**
 * Finds `redis-server` and `redis-cli` on the path, or installs Debian's packages where apt-get can be used as root. Any
 * number of processes may call it at once.
 * @throws Error saying what to install by hand
 */
export function ensureRedis(): RedisBinaries {
  return findRedis() ?? installRedis()
}

function findRedis(): RedisBinaries | undefined {
  const [server, cli] = [findProgram('redis-server'), findProgram('redis-cli')]
  return server === undefined || cli === undefined ? undefined : { server, cli }
}

/** Where a program lies on the path. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installRedis(): RedisBinaries {
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) throw missing('it cannot be installed without root and apt-get')
  console.log('Installing redis-server (first run on this machine) …')
  // A fresh system has no package lists yet, and apt-get cannot find anything without them.
  const output = apt('install', '-y', '--no-install-recommends', 'redis-server')
  const again = findRedis() ?? (apt('update'), apt('install', '-y', '--no-install-recommends', 'redis-server'), findRedis())
  if (again === undefined) throw missing(`apt-get could not install it:\n${output}`)
  return again
}

/** One installation at a time: test files that start together would else meet at apt's lock, which makes the later ones fail. */
function apt(...commandLine: readonly string[]): string {
  const lock = join(tmpdir(), 'triggerkit-apt-get.lock')
  const { stdout, stderr, error } = spawnSync('flock', [lock, 'apt-get', ...commandLine], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_INSTALLATION_MS,
  })
  return `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`
}

function missing(why: string): Error {
  return new Error(
    `redis-server and redis-cli are not on the PATH, and ${why}. Install Redis 7 or newer ` +
      '(Debian: "apt-get install redis-server", macOS: "brew install redis") and try again.',
  )
}
