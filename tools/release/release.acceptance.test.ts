import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findDescriptors } from '@triggerkit/tool-checks/publishing'
import { copyRepository, runNpm } from '@triggerkit/tool-checks/repository-copy'
import { listPackages } from '@triggerkit/tool-checks/workspace'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

let copy: ReturnType<typeof copyRepository>
let before: ReadonlyMap<string, string>

beforeEach(() => {
  copy = copyRepository(root)
  const changesets = join(copy.folder, '.changeset')
  for (const file of readdirSync(changesets)) if (file.endsWith('.md') && file !== 'README.md') rmSync(join(changesets, file))
  git('init', '--quiet', '--initial-branch=main')
  commitAll()
  before = versions()
})
afterEach(() => copy.remove())

describe('a release', () => {
  test('with a minor change of what all depend on makes nothing else more than a patch', () => {
    version({ '@triggerkit/contracts': 'minor' })

    const after = versions()
    expect(releaseType('@triggerkit/contracts', after)).toBe('minor')
    for (const name of after.keys()) {
      if (name !== '@triggerkit/contracts') expect([null, 'patch'], name).toContain(releaseType(name, after))
    }
  })

  test('with a minor change of the engine leaves the managers alone, whose peer it is', () => {
    version({ '@triggerkit/engine': 'minor' })

    const after = versions()
    expect(releaseType('@triggerkit/engine', after)).toBe('minor')
    expect(releaseType('triggerkit', after)).toBe('patch')
    expect(releaseType('@triggerkit/managers-finalizing', after)).toBeNull()
    expect(releaseType('@triggerkit/contracts', after)).toBeNull()
  })

  test('with a change of one adapter concerns nobody else', () => {
    version({ '@triggerkit/runners-inline': 'patch' })

    const after = versions()
    const changed = [...after.keys()].filter((name) => releaseType(name, after) !== null)
    expect(changed).toEqual(['@triggerkit/runners-inline'])
  })

  test('is told by the descriptors, too', () => {
    version({ '@triggerkit/storage-memory': 'minor', '@triggerkit/managers-finalizing': 'patch' })

    const stated = findDescriptors(copy.folder)
    expect(stated.length).toBeGreaterThanOrEqual(3)
    expect(stated.filter(({ from, to }) => from !== to)).toEqual([])
    expect(stated.find(({ file }) => file.includes('storage/memory'))?.from).toBe(versions().get('@triggerkit/storage-memory'))
    expect(releaseType('@triggerkit/storage-memory', versions())).toBe('minor')
  })
})

/** Offline: where a workspace package no longer satisfied a range, npm would look for it in the registry, and fail. */
function version(changes: Readonly<Record<string, string>>): void {
  const lines = Object.entries(changes).map(([name, type]) => `'${name}': ${type}`)
  writeFileSync(join(copy.folder, '.changeset/trial.md'), `---\n${lines.join('\n')}\n---\n\nA trial.\n`)
  commitAll()
  const { code, output } = runNpm(copy.folder, 'run', 'version', '--offline')
  expect(code, output).toBe(0)
}

function versions(): ReadonlyMap<string, string> {
  const published = listPackages(copy.folder).filter(({ manifest }) => !manifest.private)
  return new Map(published.map(({ manifest }) => [manifest.name, manifest.version]))
}

function releaseType(name: string, after: ReadonlyMap<string, string>): string | null {
  const [was, is] = [before, after].map((all) => (all.get(name) ?? '').split('.'))
  const changed = ['major', 'minor', 'patch'].find((_type, place) => was?.[place] !== is?.[place])
  return changed ?? null
}

function commitAll(): void {
  git('add', '--all')
  git('-c', 'user.name=trial', '-c', 'user.email=trial@example.test', 'commit', '--quiet', '--message=trial')
}

function git(...args: readonly string[]): void {
  execFileSync('git', args, { cwd: copy.folder, stdio: 'ignore' })
}
