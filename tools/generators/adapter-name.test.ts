import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing'
import { describe, expect, test } from 'vitest'

import { assertFreeName } from './adapter-name.mjs'

describe('assertFreeName', () => {
  test.each(['redis', 'web-worker', 'sqlite3', 'a'])('%s will do', (name) => {
    expect(() => assertFreeName(emptyTree(), { kind: 'storage', folder: 'packages/storage', name })).not.toThrow()
  })

  test.each([
    [undefined, 'give it as the first argument'],
    ['', 'give it as the first argument'],
    ['WebSql', 'use kebab-case: `web-sql`'],
    ['web_sql', 'use kebab-case: `web-sql`'],
    ['2fast', 'use kebab-case: `fast`'],
    ['-redis-', 'use kebab-case: `redis`'],
    ['../redis', 'use kebab-case: `redis`'],
    ['***', 'lower-case letters, digits and single hyphens'],
    ['x'.repeat(41), 'longer than 40 characters'],
    ['redis-storage', 'the kind is added by itself: `redis`'],
    ['storage', 'the kind is added by itself: name what it builds on'],
  ])('%s is refused with advice', (name, advice) => {
    expect(() => assertFreeName(emptyTree(), { kind: 'storage', folder: 'packages/storage', name })).toThrow(advice)
  })

  test('a name that is taken is refused with those that are', () => {
    const tree = emptyTree()
    tree.write('packages/storage/memory/package.json', '{}')

    const attempt = () => assertFreeName(tree, { kind: 'storage', folder: 'packages/storage', name: 'memory' })

    expect(attempt).toThrow('packages/storage/memory exists already; take another name than memory')
  })
})

const emptyTree = () => createTreeWithEmptyWorkspace()
