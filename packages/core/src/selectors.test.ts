import type { TaskConfiguration } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { canAbandon, canRun, isResolved, logsResolved, triggersConcerning, waitsFor } from './selectors.js'
import { BLANK_INSTANCE } from './state.js'
import type { Instance, Task } from './state.js'

function configuration(after: readonly string[], unless: readonly string[] = []): TaskConfiguration {
  return { after, andEvery: null, unless, withParams: {}, run: 'run', using: null, extras: {} }
}

function task(after: readonly string[], unless: readonly string[]): Task {
  return { name: 't_a', index: 0, configuration: configuration(after, unless), revision: 0 }
}

function instance(values: Partial<Instance>): Instance {
  return { ...BLANK_INSTANCE, name: 't_a#0', task: 't_a', ...values }
}

describe('selectors', () => {
  it('call abandoned, finished, replayed and skipped resolved', () => {
    const statuses = ['unstarted', 'scheduled', 'running', 'finished', 'failed', 'replayed', 'skipped', 'abandoned'] as const

    expect(statuses.filter(isResolved)).toEqual(['finished', 'replayed', 'skipped', 'abandoned'])
  })

  it('count kwargs that were replaced as had', () => {
    const given = instance({ firings: [['a', 'f0']], replacement: { payload: 'k', triggers: ['b'] } })

    expect(waitsFor(given, configuration(['a', 'b', 'c']))).toEqual(['c'])
  })

  it('tell which firings concern an unstarted instance; none concerns another', () => {
    const given = { firings: [['a', 'f0']], abandonState: ['x'] } as const

    expect(triggersConcerning(instance(given), task(['a', 'b'], ['x', 'y']))).toEqual(['b', 'y'])
    expect(triggersConcerning(instance({ ...given, status: 'scheduled' }), task(['a', 'b'], ['x', 'y']))).toEqual([])
  })

  it('let any firing that its task uses concern an instance that waits only to be judged', () => {
    const ready = instance({ firings: [['a', 'f0']] })
    const doomed = instance({ abandonState: ['x'] })

    expect(triggersConcerning(ready, task(['a'], ['x']))).toEqual(['a', 'x'])
    expect(triggersConcerning(doomed, task(['a'], ['x']))).toEqual(['a', 'x'])
  })

  it('take an empty unless as never complete, and an empty after as complete', () => {
    const given = instance({})

    expect([canAbandon(given, configuration([])), canRun(given, configuration([]))]).toEqual([false, true])
  })

  it('let nothing run that must be abandoned', () => {
    const given = instance({ abandonState: ['x'] })

    expect([canAbandon(given, configuration([], ['x'])), canRun(given, configuration([], ['x']))]).toEqual([true, false])
  })

  it('call logs resolved that were marked, do not matter any more, or lie below the threshold', () => {
    const failed = instance({ status: 'failed', logLevel: 'ERROR' })

    expect(logsResolved(failed, 40)).toBe(false)
    expect(logsResolved({ ...failed, logsMarked: true }, 40)).toBe(true)
    for (const status of ['abandoned', 'replayed', 'skipped'] as const) expect(logsResolved({ ...failed, status }, 40), status).toBe(true)
    expect([logsResolved({ ...failed, logLevel: 'WARNING' }, 40), logsResolved({ ...failed, logLevel: 'WARNING' }, 30)]).toEqual([true, false])
  })
})
