import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The files that git tracks or would track, relative to the root; deleted ones are left out. */
export function listFiles(root, { tracked = false } = {}) {
  const which = tracked ? ['--cached'] : ['--cached', '--others', '--exclude-standard']
  const output = execFileSync('git', ['ls-files', '-z', ...which], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  return [...new Set(output.split('\0'))].filter((file) => file !== '' && existsSync(join(root, file)))
}

/** Every workspace package as `{ folder, manifest, files }`; `files` are relative to the root. */
export function listPackages(root) {
  const files = listFiles(root)
  const manifests = files.filter((file) => /^(packages|apps|tools)\/.+\/package\.json$/.test(file))
  return manifests.map((file) => {
    const folder = dirname(file)
    return {
      folder,
      manifest: JSON.parse(readFileSync(join(root, file), 'utf8')),
      files: files.filter((other) => other.startsWith(`${folder}/`)),
    }
  })
}
