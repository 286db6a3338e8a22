import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import { universalTests } from './universal-tests.mjs'

it('takes the tests of each package that claims both runtimes, and leaves those that name a Node builtin', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))

  const tests = universalTests(root)

  for (const name of ['contracts', 'core', 'config', 'registry', 'engine', 'storage/memory', 'runners/inline', 'testing']) {
    expect(tests.filter((test) => test.startsWith(`packages/${name}/src/`)), name).not.toEqual([])
  }
  expect(tests).not.toContain('packages/storage/memory/src/memory.conformance.test.ts')
  expect(tests).not.toContain('packages/conformance/src/runner/runner-suite.test.ts')
  expect(tests).not.toContain('packages/storage/memory/src/memory.conformance.browser.test.ts')
})
