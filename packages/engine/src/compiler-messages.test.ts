import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const MARK = /^\s*\/\/ @ts-expect-error: (.*)$/
const file = fileURLToPath(new URL('./typed-workflow.test-d.ts', import.meta.url))
const text = readFileSync(file, 'utf8')

/** What the compiler says of each line, once nothing is expected any more. */
function compile(source: string): ReadonlyMap<number, string> {
  const settings = fileURLToPath(new URL('../../../tsconfig.tests.json', import.meta.url))
  const { options } = ts.getParsedCommandLineOfConfigFile(settings, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined }) ?? { options: {} }
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest))
  const program = ts.createProgram([file], options, host)
  const diagnostics = program.getSemanticDiagnostics(program.getSourceFile(file))
  return new Map(
    diagnostics.map(({ file: at, start = 0, messageText }) => [
      at?.getLineAndCharacterOfPosition(start).line ?? -1,
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    ]),
  )
}

describe('what the compiler says', () => {
  it('names the offending name, type or property of each mistake', () => {
    const lines = text.split('\n')

    const messages = compile(lines.map((line) => (MARK.test(line) ? '' : line)).join('\n'))

    const expected = lines.flatMap((line, index) => (MARK.test(line) ? [[index + 1, MARK.exec(line)?.[1] as string] as const] : []))
    expect(expected.length).toBeGreaterThan(30)
    expect([...messages.keys()].sort((left, right) => left - right)).toEqual(expected.map(([line]) => line))
    const unlike = expected.filter(([line, piece]) => !messages.get(line)?.includes(piece))
    expect(unlike.map(([line, piece]) => ({ line: line + 1, piece, message: messages.get(line) }))).toEqual([])
  }, 60_000)
})
