import { describe, expect, test } from 'vitest'

import { findPublishingFaults } from './publishing.mjs'

const entry = { '@triggerkit/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }
const storage = {
  files: ['dist', 'README.md'],
  keywords: ['triggerkit', 'triggerkit-storage'],
  exports: { '.': entry, './package.json': './package.json' },
  publishConfig: { access: 'public' },
  dependencies: { '@triggerkit/contracts': '^0.1.0' },
  nx: { tags: ['layer:storage'] },
}
const manager = {
  ...storage,
  keywords: ['triggerkit-manager'],
  peerDependencies: { '@triggerkit/engine': '>=0.1.0 <1.0.0' },
  nx: { tags: ['layer:managers'] },
}

describe('findPublishingFaults', () => {
  test.each([storage, manager])('a complete package has none', (manifest) => {
    expect(findPublishingFaults(manifest)).toEqual([])
  })

  test.each([
    ['exports a pattern', { exports: { ...storage.exports, './parts/*': entry } }],
    ['exports other conditions', { exports: { '.': { default: './dist/index.js', types: './dist/index.d.ts' } } }],
    ['publishes its sources', { files: ['dist', 'README.md', 'src'] }],
    ['does not publish', { files: ['README.md'] }],
    ['publishConfig', { publishConfig: {} }],
    ['has no keyword "triggerkit-storage"', { keywords: ['triggerkit'] }],
    ['depends on @triggerkit/contracts', { dependencies: {}, peerDependencies: { '@triggerkit/contracts': '^0.1.0' } }],
    ['knows neither engine nor core', { peerDependencies: { '@triggerkit/engine': '>=0.1.0 <1.0.0' } }],
  ])('a storage: %s', (fault, change) => {
    const faults = findPublishingFaults({ ...storage, ...change })

    expect(faults).toEqual([expect.stringContaining(fault)])
  })

  test.each([
    ['is a peer of a manager', { dependencies: { '@triggerkit/engine': '^0.1.0' } }],
    ['up to the next major', { peerDependencies: { '@triggerkit/engine': '^0.1.0' } }],
  ])('a manager: the engine %s', (fault, change) => {
    const faults = findPublishingFaults({ ...manager, ...change })

    expect(faults).toEqual([expect.stringContaining(fault)])
  })
})
