import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findBuiltins, findKept, listBrowserEntries } from '@triggerkit/tool-checks/size'
import { makeFolder } from '@triggerkit/tool-checks/repository-copy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { packAll } from './pack.mjs'
import { newUser } from './new-user.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = makeFolder('triggerkit-outside-')
const packages = packAll(root, join(folder, 'tarballs'))
const own = packages.filter(({ isOwn }) => isOwn)
const embedded = ['@triggerkit/engine', '@triggerkit/runners-inline', '@triggerkit/storage-memory']

// Code, declarations and maps; data such as schemas and scenarios.
const published = /^(?:LICENSE|README\.md|dist\/[\w-]+(?:\.js|\.js\.map|\.d\.ts)|(?!src\/|tsconfig)[\w./-]+\.json)$/

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a tarball', () => {
  test.each(own)('$name holds what its manifest says, and neither sources nor tests', ({ files }) => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']))
    expect(files.filter((file: string) => !published.test(file))).toEqual([])
  })
})

describe('the core alone', () => {
  const user = install('core', ['@triggerkit/core'])
  beforeAll(() => expect(user.compile(['core-alone.ts'], { types: [] })).toBe(''))

  test('needs nothing but the contracts', () => {
    expect(user.installed()).toEqual(['@triggerkit/contracts', '@triggerkit/core'])
  })

  test('is a state machine', () => {
    expect(user.run('core-alone.js')).toEqual(['configure', 'fire', 'fire dispatch t_join#0'])
  })
})

describe('engine, storage and runner, picked one by one', () => {
  const user = install('picked', embedded)
  const programs = ['engine-without-triggerkit.ts', 'own-runner.ts', 'lambda-function.ts', 'own-manager.ts', 'two-copies.ts', 'from-commonjs.cts']
  beforeAll(() => expect(user.compile(programs)).toBe(''))

  test('come without the package that has them all', () => {
    expect(user.installed()).toEqual(expect.arrayContaining(embedded))
    expect(user.installed()).not.toContain('triggerkit')
  })

  test('work together', () => {
    expect(user.run('engine-without-triggerkit.js')).toEqual(['finished {"greeted":"Ada"}'])
  })

  test('take a runner of a stranger, whose tasks run elsewhere', () => {
    expect(user.run('own-runner.js')).toEqual(['finished cat.png.small elsewhere', 'failed RangeError The picture is too large.'])
  })

  test('take a manager of a stranger', () => {
    const invited = [0, 1, 2].map((number) => `guestKnown -> t_invite#${number}`)

    expect(user.run('own-manager.js')).toEqual([...invited, 'everybodyInvited -> t_cook#0', 'finished'])
  })

  test('do no harm where there are two copies of each', () => {
    cpSync(join(user.folder, 'node_modules'), join(user.folder, 'second/node_modules'), { recursive: true })

    expect(user.run('two-copies.js')).toEqual([
      'one class: false one brand: true',
      'storages: memory',
      'mixed: finished',
      'refused: true',
      'sees: finished',
      'sees: finished',
      'runs: 1',
    ])
  })

  test('are taken by a CommonJS program', () => {
    expect(readFileSync(join(user.folder, 'from-commonjs.cjs'), 'utf8')).toContain('require("@triggerkit/engine")')
    expect(user.run('from-commonjs.cjs')).toEqual(['finished'])
  })
})

describe('everything in one import', () => {
  const user = install('first', ['triggerkit'])

  test('runs the first example of the README', () => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
    writeFileSync(join(user.folder, 'first.ts'), example)

    expect(user.compile(['first.ts'])).toBe('')
    expect(user.run('first.js')).toEqual(['finished'])
  })

  test('compiles in a page that knows no Node', () => {
    writeFileSync(join(user.folder, 'page.ts'), "import { createTriggers } from 'triggerkit'\nexport const triggers = createTriggers()\n")

    expect(user.compile(['page.ts'], { types: [], lib: ['ES2022', 'DOM'], module: 'esnext', moduleResolution: 'bundler' })).toBe('')
  })

  test('leaves out of a bundle what is not imported', async () => {
    const kept = await findKept(user.folder, "export { defineWorkflow } from 'triggerkit'")

    expect(kept).toEqual(['node_modules/@triggerkit/config/dist/index.js'])
  })

  test('leaves schemas out of the bundle of a worker, which only runs tasks', async () => {
    const kept = await findKept(user.folder, "export { defineTask } from 'triggerkit'")

    expect(kept.filter((file) => file.includes('zod'))).toEqual([])
  })
})

describe('all packages', () => {
  const user = install('all', own.map(({ name }) => name))

  test('serve for a storage of a stranger, which keeps what every storage must', () => {
    expect(user.compile(['own-storage.ts'])).toBe('')
    expect(user.run('own-storage.js')).toEqual(['finished {"sentTo":"a@b.c"}', 'promises kept: more than fifty'])
  })

  test('are loaded by require', () => {
    const entries = own.flatMap(({ entries }) => entries)

    expect(user.run('require-all.cjs', ...entries)).toEqual(entries.map((entry) => `${entry} loaded`))
  })

  test('reach no Node builtin in a bundle for browsers, unless they say so', async () => {
    const entries = own.flatMap(({ entries }) => entries)
    const entryPoints = listBrowserEntries(root).flatMap(({ name }) => (entries.includes(name) ? [name] : []))

    const builtins = await findBuiltins({ absWorkingDir: user.folder, entryPoints, outdir: 'bundles', format: 'esm', target: 'es2022' })

    expect(builtins).toEqual([])
  })
})

/** A new user's empty folder, with these packages and what they need installed from their tarballs. */
function install(name: string, wanted: readonly string[]): ReturnType<typeof newUser> {
  const place = join(folder, name)
  mkdirSync(place)
  return newUser(place, root, packages, wanted)
}
