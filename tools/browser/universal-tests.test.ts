import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { namesBuiltin, universalTests } from './universal-tests.mjs'

it('takes the tests of each package that claims both runtimes, and leaves those that name a Node builtin', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))

  const tests = universalTests(root)

  for (const name of ['contracts', 'core', 'config', 'registry', 'engine', 'storage/memory', 'runners/inline', 'testing']) {
    expect(tests.filter((test) => test.startsWith(`packages/${name}/src/`)), name).not.toEqual([])
  }
  expect(tests).toContain('packages/engine/src/sweep.test.ts')
  expect(tests).not.toContain('packages/storage/memory/src/memory.conformance.test.ts')
  expect(tests).not.toContain('packages/conformance/src/runner/runner-suite.test.ts')
  expect(tests).not.toContain('packages/storage/memory/src/memory.conformance.browser.test.ts')
})

describe('a Node builtin', () => {
  it.each(["import { join } from 'node:path'", "await import('node:fs')", 'const { pid } = process; process.once(pid)', "process.env['HOME']"])('is named by %s', (code) => {
    expect(namesBuiltin(code)).toBe(true)
  })

  it.each(["const process = await started(); process.triggers.manager('s')", 'process.clock.pending'])('is not named by %s', (code) => {
    expect(namesBuiltin(code)).toBe(false)
  })
})
