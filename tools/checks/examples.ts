import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** The code in a page of `docs/`, each piece at the lines where it stands, so that a fault is told by the page's own line. */
export interface Examples {
  /** The page, such as `docs/testing.md`. */
  readonly page: string
  /** All ```` ```ts ```` blocks: one program. */
  readonly program: string
  /** The ```` ```ts no-run ```` blocks: programs of their own, for what can't run here. */
  readonly unrun: readonly string[]
  /** The ```` ```json ```` and ```` ```jsonc ```` blocks: configurations. */
  readonly configurations: readonly string[]
  /** What the program prints, by its comments of the form `// → …`. */
  readonly printed: readonly string[]
  /** The kinds of blocks that nobody looks at. */
  readonly unknownKinds: readonly string[]
}

/** What is shown and not checked. */
const PLAIN_KINDS = ['sh', 'python', 'text']
const CHECKED_KINDS = ['ts', 'ts no-run', 'json', 'jsonc']

/** The pages of `docs/`, decisions included. */
export function pages(): readonly string[] {
  const options = ['ls-files', '--cached', '--others', '--exclude-standard', 'docs']
  return execFileSync('git', options, { cwd: root, encoding: 'utf8' }).split('\n').filter((file) => file.endsWith('.md'))
}

export function readExamples(page: string): Examples {
  return examplesOf(page, readFileSync(join(root, page), 'utf8'))
}

export function examplesOf(page: string, text: string): Examples {
  const blocks = blocksOf(text.split('\n'))
  const ofKind = (...kinds: readonly string[]): string[] => blocks.filter(({ kind }) => kinds.includes(kind)).map(({ code }) => code)
  const program = overlay(ofKind('ts'))
  return {
    page,
    program,
    unrun: ofKind('ts no-run'),
    configurations: ofKind('json', 'jsonc'),
    printed: [...program.matchAll(/\/\/ → (.*)$/gm)].map(([, line = '']) => line),
    unknownKinds: blocks.map(({ kind }) => kind).filter((kind) => ![...CHECKED_KINDS, ...PLAIN_KINDS].includes(kind)),
  }
}

interface Block {
  readonly kind: string
  readonly code: string
}

/** The fenced blocks, each below as many empty lines as stand before it in the page. */
function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = []
  let open: { kind: string; start: number } | null = null
  for (const [index, line] of lines.entries()) {
    const fence = /^```(.*)$/.exec(line)?.[1]?.trim()
    if (fence === undefined) continue
    if (open === null) open = { kind: fence, start: index + 1 }
    else {
      blocks.push({ kind: open.kind, code: [...Array<string>(open.start).fill(''), ...lines.slice(open.start, index)].join('\n') })
      open = null
    }
  }
  return blocks
}

function overlay(codes: readonly string[]): string {
  const merged: string[] = []
  for (const code of codes) {
    for (const [index, line] of code.split('\n').entries()) merged[index] = (merged[index] ?? '') + line
  }
  return Array.from(merged, (line) => line ?? '').join('\n')
}
