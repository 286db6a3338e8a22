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
const files = ['README.md', 'src/paper.conformance.test.ts'].map((file) => `${folder}/${file}`)

describe('findPackageFaults', () => {
  test('a complete adapter package has none', () => {
    expect(findPackageFaults({ folder, manifest, files })).toEqual([])
  })

  test('a package must be named after its folder', () => {
    const faults = findPackageFaults({ folder, manifest: { ...manifest, name: 'paper' }, files })

    expect(faults).toContain('is named paper, but its folder says @triggerkit/storage-paper')
  })

  test('an adapter must bring its conformance test and a README', () => {
    const faults = findPackageFaults({ folder, manifest, files: [] })

    expect(faults).toEqual(['has no README.md', 'is an adapter without src/paper.conformance.test.ts'])
  })

  test('a runner must bring its conformance test, too', () => {
    const runner = { ...manifest, name: '@triggerkit/runners-paper', nx: { ...manifest.nx, tags: ['layer:runners', 'runtime:any'] } }

    const faults = findPackageFaults({ folder: 'packages/runners/paper', manifest: runner, files: ['packages/runners/paper/README.md'] })

    expect(faults).toEqual(['is an adapter without src/paper.conformance.test.ts'])
  })

  test('a layer that the import rules do not know is a fault', () => {
    const nx = { ...manifest.nx, tags: ['layer:misc', 'runtime:any'] }

    expect(findPackageFaults({ folder, manifest: { ...manifest, nx }, files })).toHaveLength(1)
  })
})
