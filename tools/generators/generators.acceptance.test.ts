import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findPackageFaults } from '@triggerkit/tool-checks/layout'
import { copyRepository, runNode } from '@triggerkit/tool-checks/repository-copy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const copy = copyRepository(root)
const nx = (...args: readonly string[]) => copy.run('nx/dist/bin/nx.js', ...args)

// What runs in the process itself has no protocol to agree upon.
const kinds = [
  { kind: 'storage', target: 'packages/storage/carrier-pigeon', sibling: 'packages/storage/memory', middle: 'src/keys.ts', extras: [], runtime: 'any' },
  { kind: 'runner', target: 'packages/runners/carrier-pigeon', sibling: 'packages/runners/inline', middle: 'src/protocol.ts', extras: ['src/protocol.ts'], runtime: 'node' },
] as const

beforeAll(() => {
  for (const { kind, runtime } of kinds) {
    const { code, output } = nx('generate', `tools:${kind}`, 'carrier-pigeon', `--runtime=${runtime}`, '--no-interactive')
    expect(code, output).toBe(0)
    expect(output).toContain('npm install')
  }
})
afterAll(() => copy.remove())

describe.each(kinds)('a new $kind', ({ kind, target, sibling, middle, extras, runtime }) => {
  const folder = join(copy.folder, target)

  test('has the files that its siblings have', () => {
    const files = filesIn(folder)

    expect(files).toEqual(
      [
        'LICENSE',
        'README.md',
        'package.json',
        `src/carrier-pigeon-${kind}.ts`,
        'src/carrier-pigeon.conformance.test.ts',
        'src/carrier-pigeon.test.ts',
        'src/index.ts',
        middle,
        'src/options.ts',
        'tsconfig.json',
        'tsup.config.ts',
      ].sort(),
    )
    // What each adapter has of its own beyond that is its own business.
    const shared = filesIn(join(root, sibling)).map((file) => file.replace(/(memory|inline)(?=[.-])/, 'carrier-pigeon'))
    expect(files.filter((file) => !shared.includes(file))).toEqual(extras)
  })

  test('says of itself what its siblings say', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const like = JSON.parse(readFileSync(join(root, sibling, 'package.json'), 'utf8'))

    expect(Object.keys(manifest)).toEqual(Object.keys(like))
    expect(manifest).toMatchObject({
      exports: like.exports,
      engines: like.engines,
      // What else a sibling is made of is its own business, too.
      dependencies: { '@triggerkit/contracts': like.dependencies['@triggerkit/contracts'] },
      nx: { tags: [like.nx.tags[0], `runtime:${runtime}`], targets: like.nx.targets },
    })
    expect(manifest.keywords).toEqual(expect.arrayContaining(['triggerkit', `triggerkit-${kind}`]))
  })

  test('fits its types', () => {
    const { code, output } = copy.run('typescript/bin/tsc', '-p', target)

    expect(code, output).toBe(0)
  })

  test('builds', () => {
    const { code, output } = runNode(folder, join(root, 'node_modules/tsup/dist/cli-default.js'))

    expect(code, output).toBe(0)
    expect(readdirSync(join(folder, 'dist'))).toEqual(['index.d.ts', 'index.js', 'index.js.map'])
  })

  test('passes its own tests, and fails its conformance test', () => {
    const { code, output } = copy.run('vitest/vitest.mjs', 'run', '--project', 'node', target)

    expect(code, output).toBe(1)
    expect(output).toContain(`FAIL  |node| ${target}/src/carrier-pigeon.conformance.test.ts`)
    expect(output).not.toContain(`FAIL  |node| ${target}/src/carrier-pigeon.test.ts`)
    expect(output).toContain('is not written yet: keep the promise of')
  })
})

test('new packages satisfy the lint rules', () => {
  nx('show', 'projects')

  const { code, output } = copy.run('eslint/bin/eslint.js', '--max-warnings=0', ...kinds.map(({ target }) => target))

  expect(code, output).toBe(0)
})

test('nothing in new packages goes unused', () => {
  const { code, output } = copy.run('knip/bin/knip.js', '--no-progress', '--no-config-hints')

  // 1 stands for findings, which may concern others; anything above for a failure.
  expect(code, output).toBeLessThanOrEqual(1)
  expect(output).not.toContain('carrier-pigeon')
})

test('new packages lie where their names say, and come with a changeset', () => {
  for (const { kind, target } of kinds) {
    const manifest = JSON.parse(readFileSync(join(copy.folder, target, 'package.json'), 'utf8'))
    const files = filesIn(join(copy.folder, target)).map((file) => `${target}/${file}`)
    expect(findPackageFaults({ folder: target, manifest, files })).toEqual([])
    expect(existsSync(join(copy.folder, `.changeset/new-${kind}-carrier-pigeon.md`))).toBe(true)
  }
})

test('a name that is taken is refused, and nothing is written', () => {
  const { code, output } = nx('generate', 'tools:storage', 'memory', '--no-interactive')

  expect(code).toBe(1)
  expect(output).toContain('packages/storage/memory exists already')
})

test('a new storage, once it is written, finds each case in an empty place', () => {
  const target = 'packages/storage/carrier-pigeon'
  const written = `
    import { MemoryStorage, MemoryStore, memoryStorageDescriptor } from '@triggerkit/storage-memory'
    const store = new MemoryStore()
    export class CarrierPigeonStorage extends MemoryStorage {
      key = 'carrier-pigeon'
    }
    export const carrierPigeonStorage = (options: { namespace?: string } = {}) => new CarrierPigeonStorage({ ...options, store })
    export const carrierPigeonStorageDescriptor = { ...memoryStorageDescriptor, key: 'carrier-pigeon', create: carrierPigeonStorage }
  `
  writeFileSync(join(copy.folder, target, 'src/carrier-pigeon-storage.ts'), written)

  const { code, output } = copy.run('vitest/vitest.mjs', 'run', '--project', 'node', `${target}/src/carrier-pigeon.conformance.test.ts`, '-t', 'storage/(load|commit)/')

  expect(code, output).toBe(0)
})

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.startsWith('dist/') && !file.startsWith('node_modules/'))
    .sort()
}
