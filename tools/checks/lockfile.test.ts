import { describe, expect, test } from 'vitest'

import { findLockFaults } from './lockfile.mjs'

const wantsBinary = { version: '1.0.0', optionalDependencies: { '@tool/linux': '1.0.0' } }

describe('findLockFaults', () => {
  test('a platform package that the lock lacks is a fault', () => {
    const faults = findLockFaults({ packages: { 'node_modules/tool': wantsBinary } })

    expect(faults).toEqual([expect.stringContaining('node_modules/tool wants @tool/linux')])
  })

  test('a platform package is found beside, inside and above the package that wants it', () => {
    for (const place of ['node_modules/@tool/linux', 'node_modules/a/node_modules/@tool/linux', 'node_modules/a/node_modules/tool/node_modules/@tool/linux']) {
      const faults = findLockFaults({ packages: { 'node_modules/a/node_modules/tool': wantsBinary, [place]: {} } })

      expect(faults).toEqual([])
    }
  })

  test('a download address is a fault, a workspace link is none', () => {
    const faults = findLockFaults({
      packages: {
        'node_modules/tool': { resolved: 'https://example.test/tool.tgz' },
        'node_modules/own': { resolved: 'packages/own', link: true },
      },
    })

    expect(faults).toEqual([expect.stringContaining('node_modules/tool records a download address')])
  })
})
