import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { build } from 'esbuild'
import { expect, it } from 'vitest'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../../..')

/** Bundles a program, its tasks and the far side as a user would, from source, and runs it to its own end. */
async function run(entries: { readonly main: string; readonly tasks: string }): Promise<string> {
  const entryPoints = { ...entries, worker: '@triggerkit/runners-worker-threads/worker' }
  const outdir = await temporaryFolder()
  try {
    const options = { bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'error' } as const
    await build({ ...options, absWorkingDir: root, entryPoints, outdir, conditions: ['@triggerkit/source'], external: ['piscina'] })
    await writeFile(join(outdir, 'package.json'), '{ "type": "module" }')
    const { stdout } = await promisify(execFile)(process.execPath, [join(outdir, 'main.js')], { timeout: 60_000 })
    return stdout
  } finally {
    await rm(outdir, { recursive: true, force: true })
  }
}

/** Inside the repository, so that what isn't bundled is found. */
async function temporaryFolder(): Promise<string> {
  await mkdir(join(root, 'reports'), { recursive: true })
  return mkdtemp(join(root, 'reports', 'threads-'))
}

it('an application has its tasks run in threads, and gets whatever becomes of them', async () => {
  const { all, spam, refused, cancelled, left, logged } = JSON.parse(await run({ main: join(here, 'program.ts'), tasks: join(here, 'tasks.ts') })) as Record<string, unknown>

  const finished = (result: object) => ({ status: 'finished', result, code: null })
  const failed = (code: string) => ({ status: 'failed', result: null, code })
  expect(all).toMatchObject({
    't_score#0': finished({ elsewhere: true }),
    't_react#0': finished({ points: 7 }),
    't_spam#0': failed('E_SPAM'),
    't_retried#0': { status: 'replayed' },
    't_retried#1': { status: 'replayed' },
    't_retried#2': finished({ depth: 2 }),
    't_skipped#0': { status: 'skipped' },
    't_looping#0': failed('TimeLimitExceeded'),
    't_exiting#0': failed('ExecutionLost'),
    't_notJson#0': failed('InvalidResult'),
  })
  expect(spam).toMatchObject({ message: 'Spam.', context: { score: 3 }, causes: [{ type: 'TypeError', message: 'No score.' }] })
  expect(refused).toBe('SchedulingRefused')
  expect(cancelled).toMatchObject({ 't_endless#0': failed('Cancelled') })
  expect(left).toMatchObject({ 't_endless#0': { status: 'running' } })
  expect(logged).toContain('Scoring.')
}, 90_000)

it('a runner that is never closed keeps no process from ending', async () => {
  expect(await run({ main: join(here, 'unclosed.ts'), tasks: join(here, 'tasks.ts') })).toBe('yes\n')
}, 90_000)

it('the README\'s example does what it says, and ends', async () => {
  const text = await readFile(join(root, 'packages/runners/worker-threads/README.md'), 'utf8')
  const [tasks, main] = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program]) => program as string)
  const folder = await temporaryFolder()
  try {
    await writeFile(join(folder, 'tasks.ts'), tasks as string)
    await writeFile(join(folder, 'main.ts'), main as string)

    expect(await run({ main: join(folder, 'main.ts'), tasks: join(folder, 'tasks.ts') })).toBe('finished { points: 6 }\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 90_000)
