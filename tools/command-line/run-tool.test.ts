import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import { findUnknown } from './run-tool.js'
import type { CommandLine } from './run-tool.js'

const plain: CommandLine = { args: { seeds: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } } }
const files: CommandLine = { args: { files: { type: 'positional', required: false }, storage: { type: 'string' } } }
const nested: CommandLine = { subCommands: { proxy: plain } }

it.each([
  [plain, ['--sedes', '9'], 'Unknown option --sedes.'],
  [plain, ['--sedes=9'], 'Unknown option --sedes.'],
  [plain, ['-x'], 'Unknown option -x.'],
  [plain, ['9'], 'Unexpected argument "9".'],
  [files, ['a.json', '--storag', 'redis'], 'Unknown option --storag.'],
  [nested, ['proxy', '--round', '1'], 'Unknown option --round.'],
] as const)('says what it does not know', (command, raw, said) => {
  expect(findUnknown(command, raw)).toBe(said)
})

it.each([
  [plain, []],
  [plain, ['--seeds', '9', '--json']],
  [plain, ['--no-json', '--seeds=9']],
  [plain, ['--help']],
  [plain, ['-h']],
  [files, ['a.json', 'b.json', '--storage', 'redis']],
  [nested, ['proxy', '--seeds', '9']],
  [nested, ['proxies']],
  [nested, []],
] as const)('lets through what it knows, and subcommands for the parser to judge', (command, raw) => {
  expect(findUnknown(command, raw)).toBeNull()
})

it('writes its help into a pipe without colours', { timeout: 60_000 }, () => {
  const env = { PATH: process.env['PATH'], TERM: 'xterm' } // a test's own environment says that colours are not wanted
  const run = fileURLToPath(new URL('../run.mjs', import.meta.url))

  const help = execFileSync(process.execPath, [run, 'demo-browser', '--help'], { env, encoding: 'utf8' })

  expect(help).toContain('USAGE demo:browser [OPTIONS]')
})
