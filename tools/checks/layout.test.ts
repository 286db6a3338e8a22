import { describe, expect, test } from 'vitest'

import { findPackageFaults } from './layout.mjs'

const folder = 'packages/storage/paper'
const manifest = {
  name: '@triggerkit/storage-paper',
  description: 'Keeps sessions on paper.',
  license: 'MIT',
  sideEffects: false,
  keywords: ['triggerkit'],
  engines: { node: '>=20.19' },
  exports: { '.': { '@triggerkit/source': './src/index.ts', default: './dist/index.js' }, './package.json': './package.json' },
  nx: { tags: ['layer:storage', 'runtime:any'], targets: { build: {}, typecheck: {}, lint: {}, publishable: {} } },
}
const sources = ['src/paper-storage.ts', 'src/keys.ts', 'src/options.ts', 'src/paper.conformance.test.ts', 'src/paper.test.ts']
const files = ['README.md', ...sources].map((file) => `${folder}/${file}`)

describe('findPackageFaults', () => {
  test('a complete adapter package has none', () => {
    expect(findPackageFaults({ folder, manifest, files })).toEqual([])
  })

  test('a package must be named after its folder', () => {
    const faults = findPackageFaults({ folder, manifest: { ...manifest, name: 'paper' }, files })

    expect(faults).toContain('is named paper, but its folder says @triggerkit/storage-paper')
  })

  test('an adapter must bring a README and the files that its siblings have', () => {
    const faults = findPackageFaults({ folder, manifest, files: [] })

    expect(faults).toEqual(['has no README.md', `is an adapter without ${sources.join(', ')}`])
  })

  test('the package of the generators has the name that Nx finds them by', () => {
    const tool = { ...manifest, private: true, nx: { tags: ['layer:tool', 'runtime:node'] } }

    expect(findPackageFaults({ folder: 'tools/generators', manifest: { ...tool, name: 'tools' }, files: [] })).toEqual([])
    expect(findPackageFaults({ folder: 'tools/bench', manifest: { ...tool, name: 'tools' }, files: [] })).toHaveLength(1)
  })

  test('an adapter that runs in browsers alone brings it for the browser', () => {
    const browser = { ...manifest, nx: { ...manifest.nx, tags: ['layer:storage', 'runtime:browser'] } }

    const faults = findPackageFaults({ folder, manifest: browser, files })

    const own = ['src/paper.conformance.browser.test.ts', 'src/paper.browser.test.ts']
    expect(faults).toEqual([`is an adapter without ${own.join(', ')}`])
    expect(findPackageFaults({ folder, manifest: browser, files: [...files, ...own.map((file) => `${folder}/${file}`)] })).toEqual([])
  })

  test('a runner must bring its conformance test, too', () => {
    const runner = { ...manifest, name: '@triggerkit/runners-paper', nx: { ...manifest.nx, tags: ['layer:runners', 'runtime:any'] } }

    const faults = findPackageFaults({ folder: 'packages/runners/paper', manifest: runner, files: ['packages/runners/paper/README.md'] })

    expect(faults).toEqual(['is an adapter without src/paper-runner.ts, src/options.ts, src/paper.conformance.test.ts, src/paper.test.ts'])
  })

  test('a layer that the import rules do not know is a fault', () => {
    const nx = { ...manifest.nx, tags: ['layer:misc', 'runtime:any'] }

    expect(findPackageFaults({ folder, manifest: { ...manifest, nx }, files })).toHaveLength(1)
  })
})
