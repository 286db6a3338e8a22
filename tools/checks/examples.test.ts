import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { formatWithOptions } from 'node:util'

import { parseConfiguration } from '@triggerkit/config'
import { parseConfigurationText } from '@triggerkit/config/text'
import { afterAll, describe, expect, it, vi } from 'vitest'

import { examplesOf, pages, readExamples, root } from './examples.js'
import type { Examples } from './examples.js'

mkdirSync(join(root, 'reports'), { recursive: true })
const folder = mkdtempSync(join(root, 'reports', 'examples-'))
const all = pages().map(readExamples)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const { page, program, unrun } of all) {
  if (program !== '') write(fileOf(page), `${program}\nexport {}\n`)
  for (const [index, code] of unrun.entries()) write(fileOf(page, `.no-run-${index}`), `${code}\nexport {}\n`)
}

describe('the examples of the pages', () => {
  it('are of a kind that is checked, or is meant not to be', () => {
    const unchecked = all.flatMap(({ page, unknownKinds }) => unknownKinds.map((kind) => `${page}: ${kind}`))
    const unheard = all.filter(({ program, printed }) => isTestFile(program) && printed.length > 0).map(({ page }) => `${page}: a test, which prints nothing`)

    expect([...unchecked, ...unheard]).toEqual([])
  })

  it('are type-checked, all in one program', async () => {
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false }
    write(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.tests.json', compilerOptions, include: ['**/*.ts'] }))

    const faults = await faultsOf(folder)

    expect(faults).toEqual('')
  }, 130_000)

  it.each(all.flatMap(({ page, configurations }) => configurations.map((text, index) => [page, index, text] as const)))(
    '%s: configuration %i is valid',
    (page, _index, text) => {
      expect(parseConfiguration(parseConfigurationText(text, page)).warnings).toEqual([])
    },
  )
})

describe('the programs of the pages', () => {
  for (const examples of all.filter(({ program }) => program !== '' && !isTestFile(program))) {
    it(`${examples.page} prints what it says`, async () => {
      expect(await printedBy(examples)).toEqual(examples.printed)
    }, 20_000)
  }
})

for (const { page } of all.filter(({ program }) => isTestFile(program))) {
  describe(`the tests of ${page}`, async () => {
    await import(/* @vite-ignore */ fileOf(page))
  })
}

describe('the extraction of examples', () => {
  it('keeps the lines, joins the blocks of a page, and sets apart what does not run', () => {
    const text = ['# A', '```ts', 'one() // → 1', '```', 'words', '```ts no-run', 'two()', '```', '```ts', 'three()', '// → 3', '```', '```jsonc', '{}', '```', '```tsx', '```'].join('\n')

    const { program, unrun, configurations, printed, unknownKinds } = examplesOf('a.md', text)

    expect(program.split('\n')).toEqual(['', '', 'one() // → 1', '', '', '', '', '', '', 'three()', '// → 3'])
    expect(unrun.map((code) => code.trim())).toEqual(['two()'])
    expect(configurations.map((code) => code.trim())).toEqual(['{}'])
    expect(printed).toEqual(['1', '3'])
    expect(unknownKinds).toEqual(['tsx'])
  })
})

/** What the compiler says of the project in the folder: nothing, if all is well. */
function faultsOf(project: string): Promise<string> {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: project, timeout: 120_000 }, (error, stdout) => {
      resolve(error === null ? '' : stdout || error.message)
    })
  })
}

/** Imports the program, so that packages come from source and are loaded once for all pages. */
async function printedBy({ page }: Examples): Promise<string[]> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    lines.push(...formatWithOptions({ breakLength: Infinity }, ...values).split('\n'))
  })
  try {
    await import(/* @vite-ignore */ fileOf(page))
    return lines
  } finally {
    log.mockRestore()
  }
}

function isTestFile(program: string): boolean {
  return /from 'vitest'/.test(program)
}

function fileOf(page: string, suffix = ''): string {
  return join(folder, page.replace(/\.md$/, `${suffix}.ts`))
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
