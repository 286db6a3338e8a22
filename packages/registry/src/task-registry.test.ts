import { isTriggerkitError, type CancelSignal, type Task, type TaskCall, type TaskOutcome, type TaskPort, type TaskRun } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { TaskRegistry } from './task-registry.js'

const task = (name: string): Task => ({ name, timeLimit: null, perform: () => Promise.resolve({ kind: 'finished', result: {}, logLevel: 'NOTSET' }) })

function refusal(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (isTriggerkitError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was refused')
}

describe('TaskRegistry', () => {
  it('finds tasks by name, late ones too', () => {
    const [first, second] = [task('app.first'), task('app.second')]
    const registry = new TaskRegistry().register(first)
    registry.register(second)

    expect([registry.get('app.first'), registry.get('app.second')]).toEqual([first, second])
    expect([registry.has('app.first'), registry.has('toString'), registry.names()]).toEqual([true, false, ['app.first', 'app.second']])
  })

  it('takes the same task twice', () => {
    const same = task('app.same')
    expect(new TaskRegistry().register(same, same).register(same).names()).toEqual(['app.same'])
  })

  it('refuses another task of the same name, and then takes none of those given', () => {
    const registry = new TaskRegistry().register(task('app.same'))

    expect(refusal(() => registry.register(task('app.new'), task('app.same')))).toEqual({
      code: 'DuplicateKey',
      message: 'Two task functions are called "app.same"; rename one of them.',
    })
    expect(registry.names()).toEqual(['app.same'])
    expect(refusal(() => registry.register(task('a'), task('a'))).code).toBe('DuplicateKey')
  })

  it('names the closest and the first twenty when it does not know one', () => {
    const registry = new TaskRegistry().register(...Array.from({ length: 22 }, (_, index) => task(`app.task${index}`)))

    const { code, message } = refusal(() => registry.get('app.tsk7'))

    expect(code).toBe('UnknownTaskFunction')
    expect(message).toMatch(/^There is no task function "app.tsk7"\. Did you mean "app.task7"\? Known: "app.task0", .*"app.task19" and 2 more\.$/)
  })

  it('refuses what is no task, and a name that is no text', () => {
    expect(refusal(() => new TaskRegistry().register(undefined as never)).code).toBe('InvalidArgument')
    expect(refusal(() => new TaskRegistry().register({ name: 'a' } as never)).code).toBe('InvalidArgument')
    expect(refusal(() => new TaskRegistry().register(task(''))).code).toBe('InvalidName')
  })
})

describe('perform', () => {
  const call = { run: 'app.task' } as TaskCall
  const port = {} as TaskPort
  const finished = async (): Promise<TaskOutcome> => ({ kind: 'finished', result: {}, logLevel: 'NOTSET' })

  it('makes no signal for a task that asks for none', async () => {
    let made = 0
    const run: TaskRun = { call, port, get signal() { made += 1; return new AbortController().signal as CancelSignal } }
    const lazy: Task = { ...task('app.task'), performLazily: finished }

    const outcome = await new TaskRegistry().register(lazy).perform(run)

    expect(outcome).toMatchObject({ kind: 'finished' })
    expect(made).toBe(0)
  })

  it('gives call, signal and port to a task that takes a signal that is there', async () => {
    const given: unknown[] = []
    const eager: Task = { ...task('app.task'), perform: (...parts) => (given.push(...parts), finished()) }
    const signal = new AbortController().signal as CancelSignal

    await new TaskRegistry().register(eager).perform({ call, port, signal })

    expect(given).toEqual([call, signal, port])
  })

  it('tells which functions there are where the call names none of them', () => {
    const registry = new TaskRegistry().register(task('app.other'))

    expect(() => registry.perform({ call, port } as TaskRun)).toThrow(/app\.other/)
  })
})
