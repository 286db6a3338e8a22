import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Faults of the lock file that make `npm ci` fail on some machine: a platform binary that a package wants but the lock lacks
 * (npm drops those silently when it writes the lock), and a download address, which holds on one network only.
 */
export function checkLockFile(root) {
  return findLockFaults(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
}

export function findLockFaults({ packages }) {
  return Object.entries(packages).flatMap(([place, entry]) => [
    ...Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !isReachable(packages, place, name))
      .map((name) => `${place} wants ${name}, which the lock file lacks: pin ${place} to a complete release`),
    ...(entry.resolved && !entry.link ? [`${place} records a download address: set omit-lockfile-registry-resolved`] : []),
  ])
}

/** Looks where Node would: beside the package that asks, then in each folder around it. */
function isReachable(packages, place, name) {
  const nested = place.split('/node_modules/')
  for (let depth = nested.length; depth > 0; depth -= 1) {
    if (`${nested.slice(0, depth).join('/node_modules/')}/node_modules/${name}` in packages) return true
  }
  return `node_modules/${name}` in packages
}
