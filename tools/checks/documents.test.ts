import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const documents = execFileSync('git', ['ls-files', '*.md', '**/*.md'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)

describe('documents', () => {
  it.each([...new Set(documents)])('%s links only to what is there', (document) => {
    const text = readFileSync(join(root, document), 'utf8')

    const links = [...withoutCode(text).matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)/g)]

    const missing = links.filter(([, target = '', anchor]) => {
      const file = target === '' ? join(root, document) : resolve(root, dirname(document), target)
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).has(anchor))
    })
    expect(missing.map(([link]) => link)).toEqual([])
  })

  it('of docs/ are all in its index', () => {
    const index = readFileSync(join(root, 'docs/README.md'), 'utf8')

    const pages = documents.filter((document) => /^docs\/[^/]+\.md$/.test(document) && document !== 'docs/README.md')

    expect(pages.filter((page) => !index.includes(`](${page.slice('docs/'.length)})`))).toEqual([])
  })

  it('begin with an example of at most ten lines, within the first forty, beside the two commands', () => {
    const head = readFileSync(join(root, 'README.md'), 'utf8').split('\n').slice(0, 40)

    const example = firstExample(head.join('\n')).trimEnd().split('\n')

    expect(example.length).toBeLessThanOrEqual(10)
    expect(head.join('\n')).toContain('`npm start`')
    expect(head.join('\n')).toContain('`npm test`')
  })

  it.each(['README.md', 'packages/triggerkit/README.md'])('%s begins with a program that does what it says, and ends', (document) => {
    const example = firstExample(readFileSync(join(root, document), 'utf8'))

    expect(run(example)).toContain('finished')
  }, 30_000)
})

/** The documents' text without what only looks like links and headings. */
function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, '')
}

/** The anchors of a document's headings, as the usual viewers name them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return new Set(headings.map((heading) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')))
}

function firstExample(text: string): string {
  return /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
}

/** Runs a program inside the repository, where packages resolve to their sources. */
function run(program: string): string {
  mkdirSync(join(root, 'reports'), { recursive: true })
  const folder = mkdtempSync(join(root, 'reports', 'example-'))
  try {
    const file = join(folder, 'example.ts')
    writeFileSync(file, program)
    const options = ['--import', 'tsx', '--conditions=@triggerkit/source', relative(root, file)]
    return execFileSync(process.execPath, options, { cwd: root, encoding: 'utf8', timeout: 20_000 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
