import { describe, expect, it, vi } from 'vitest'

import { resultOf, threadsLeft, Workbench } from './fakes/workbench.js'
import type { WorkerThreadsRunnerOptions } from './index.js'

// Threads take their time to begin where many want the machine.
vi.setConfig({ testTimeout: 30_000 })

function module(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`)
}

const task = (name: string): string => `{ name: '${name}', timeLimit: null, perform: async () => ({ kind: 'finished', result: { by: '${name}' }, logLevel: 'NOTSET' }) }`

async function refusal(options: Partial<WorkerThreadsRunnerOptions>): Promise<unknown> {
  const bench = new Workbench(options)
  const error = await bench.runner.start(bench.host).then(
    () => expect.fail('it starts'),
    (refused: unknown) => refused,
  )
  // Nothing is left, though nobody closes what didn't start.
  await threadsLeft(0)
  return error
}

describe('a start is refused, says why, and leaves nothing behind, where a module', () => {
  it('is not there', async () => {
    expect(await refusal({ tasks: './no/such/module.js' })).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/^The tasks' module file:\S+no\/such\/module\.js can't be imported: Cannot find module/),
      cause: { code: 'ERR_MODULE_NOT_FOUND' },
    })
  })

  it('has a syntax error', async () => {
    expect(await refusal({ tasks: module('export const = 1') })).toMatchObject({ code: 'InvalidArgument', cause: { name: 'SyntaxError' } })
  })

  it('throws', async () => {
    const tasks = module('throw Object.assign(new TypeError("No database."), { code: "E_DB" })')

    expect(await refusal({ tasks })).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('can\'t be imported: No database.'),
      cause: { name: 'TypeError', code: 'E_DB' },
    })
  })

  it('exports no task', async () => {
    expect(await refusal({ tasks: module('export const tasks = [], other = () => 1, nothing = null') })).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('exports no task; export what defineTask makes'),
    })
  })

  it('exports two tasks of one name', async () => {
    expect(await refusal({ tasks: module(`export const one = ${task('app.same')}, other = ${task('app.same')}`) })).toMatchObject({
      code: 'DuplicateKey',
      message: expect.stringContaining('Two task functions are called "app.same"'),
    })
  })

  it('exports a task without a name', async () => {
    expect(await refusal({ tasks: module(`export const one = ${task('')}`) })).toMatchObject({ code: 'InvalidName' })
  })

  it('never ends to be imported', async () => {
    const tasks = module('setInterval(() => 1, 1e6); await new Promise(() => {})')

    expect(await refusal({ tasks, loadLimit: 300 })).toMatchObject({ code: 'TimeLimitExceeded', message: expect.stringContaining('were not imported within 300 ms') })
  })

  it('loops while it is imported', async () => {
    expect(await refusal({ tasks: module('for (;;);'), loadLimit: 300 })).toMatchObject({ code: 'TimeLimitExceeded' })
  })

  it('ends its thread', async () => {
    expect(await refusal({ tasks: module('process.exit(4)') })).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('worker exited with code: 4'),
    })
  })
})

describe('a start is refused where threads', () => {
  it('can\'t begin, by an option that Node doesn\'t know', async () => {
    expect(await refusal({ execArgv: ['--no-such-option'] })).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('Check execArgv and resourceLimits.'),
    })
  })

  it('can\'t begin, by a preload that is not there', async () => {
    expect(await refusal({ execArgv: ['--import', './no-such-preload.mjs'] })).toMatchObject({ code: 'InvalidArgument' })
  })

  it('don\'t find the far side', async () => {
    expect(await refusal({ worker: new URL('./no-such-worker.js', import.meta.url) })).toMatchObject({ code: 'InvalidArgument' })
  })
})

describe('modules', () => {
  it('may be several, and may export one task twice', async () => {
    const tasks = [module(`export const one = ${task('app.one')}; export const all = [one]`), module(`export default ${task('app.other')}`)]
    await using bench = await Workbench.open({ tasks })

    expect(resultOf(await bench.run('app.one'))).toEqual({ by: 'app.one' })
    expect(resultOf(await bench.run('app.other'))).toEqual({ by: 'app.other' })
  })

  it('of a runner that didn\'t start can be mended, and it starts', async () => {
    const flag = `file-is-there-${process.pid}`
    const tasks = module(`if (process.env['${flag}'] === undefined) throw new Error('Not yet.'); export const one = ${task('app.one')}`)
    await using bench = new Workbench({ tasks })
    await bench.dispatch(bench.job('app.one'))
    await expect(bench.runner.start(bench.host)).rejects.toMatchObject({ code: 'InvalidArgument' })

    process.env[flag] = 'yes'
    await bench.runner.start(bench.host)

    expect(resultOf(await bench.run('app.one'))).toEqual({ by: 'app.one' })
  })

  it('that fail in a later thread fail the tasks that wait for it', async () => {
    const tasks = module(`
      const { env } = process
      export const one = ${task('app.one')}
      export const exit = { name: 'app.exit', timeLimit: null, perform: () => process.exit(1) }
      if (env.later_${process.pid} !== undefined) throw new Error('No longer.')
    `)
    await using bench = await Workbench.open({ tasks })
    process.env[`later_${process.pid}`] = 'yes'
    await bench.run('app.exit')

    const { error } = await bench.run('app.one')

    expect(error).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('No longer.') })
  })
})
