import { expect, test } from 'vitest'

import { findCycles } from './cycles.mjs'

test('files that import each other are reported as one cycle', () => {
  const imports = new Map([
    ['a.ts', ['b.ts']],
    ['b.ts', ['c.ts']],
    ['c.ts', ['b.ts']],
  ])

  expect(findCycles(imports)).toEqual([['b.ts', 'c.ts']])
})

test('a file that two others import closes no cycle', () => {
  const imports = new Map([
    ['a.ts', ['b.ts', 'c.ts']],
    ['b.ts', ['d.ts']],
    ['c.ts', ['d.ts']],
    ['d.ts', []],
  ])

  expect(findCycles(imports)).toEqual([])
})
