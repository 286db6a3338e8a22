import { isTriggerkitError, type Task } from '@triggerkit/contracts'
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
    expect(message).toMatch(/^There is no task function "app.tsk7"\. Is "app.task7" meant\? Known: "app.task0", .*"app.task19" and 2 more\.$/)
  })

  it('refuses what is no task, and a name that is no text', () => {
    expect(refusal(() => new TaskRegistry().register(undefined as never)).code).toBe('InvalidArgument')
    expect(refusal(() => new TaskRegistry().register({ name: 'a' } as never)).code).toBe('InvalidArgument')
    expect(refusal(() => new TaskRegistry().register(task(''))).code).toBe('InvalidName')
  })
})
