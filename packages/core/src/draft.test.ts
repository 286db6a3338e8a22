import type { TaskConfiguration } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { Draft } from './draft.js'
import { SessionState } from './session-state.js'
import { BLANK_INSTANCE } from './state.js'
import type { Instance, Task } from './state.js'

function task(name: string, index: number, after: readonly string[], unless: readonly string[] = []): Task {
  const configuration: TaskConfiguration = { after, andEvery: null, unless, withParams: {}, run: 'run', using: null, extras: {} }
  return { name, index, configuration, revision: 0 }
}

function instance(number: number, values: Partial<Instance> = {}): Instance {
  return { ...BLANK_INSTANCE, name: `t_a#${number}`, task: 't_a', number, ...values }
}

/** A state with the task `t_a`, which waits for `a` and `b`, and these instances. */
function stateWith(...instances: readonly Instance[]): SessionState {
  const draft = new Draft(new SessionState())
  const state = new SessionState()
  draft.putTask(task('t_a', 0, ['a', 'b']))
  for (const given of instances) draft.put(given)
  state.apply(draft.changes)
  return state
}

const names = (instances: readonly Instance[]): readonly string[] => instances.map(({ name }) => name)

describe('a draft', () => {
  it('shows what it changed over what lies below, in order, and leaves that as it was', () => {
    const state = stateWith(instance(0), instance(1), instance(2))
    const draft = new Draft(state)

    draft.put(instance(1, { status: 'finished' }))
    draft.put(instance(3))
    draft.put(instance(0, { status: 'failed' }))

    expect(names(draft.unresolved('t_a'))).toEqual(['t_a#0', 't_a#2', 't_a#3'])
    expect([draft.unresolved('t_a').length, draft.counters('t_a').count]).toEqual([3, 4])
    expect(names(state.unresolved('t_a'))).toEqual(['t_a#0', 't_a#1', 't_a#2'])
    expect([state.unresolved('t_a').length, state.counters('t_a').count]).toEqual([3, 3])
  })

  it('finds the instances that a trigger concerns below and among its own', () => {
    const draft = new Draft(stateWith(instance(0), instance(1, { firings: [['a', 'f0']] }), instance(2)))

    draft.put(instance(2, { firings: [['a', 'f1']] }))
    draft.put(instance(3))

    const [given] = draft.tasks() as readonly [Task]
    expect(names(draft.concerned(given, 'a'))).toEqual(['t_a#0', 't_a#3'])
    expect(names(draft.concerned(given, 'b'))).toEqual(['t_a#0', 't_a#1', 't_a#2', 't_a#3'])
  })

  it('finds what concerns a task that it configured anew', () => {
    const draft = new Draft(stateWith(instance(0, { firings: [['a', 'f0']] })))
    const changed = { ...task('t_a', 0, ['a'], ['x']), revision: 1 }

    draft.putTask(changed)

    expect(names(draft.concerned(changed, 'x'))).toEqual(['t_a#0'])
    expect(draft.tasksUsing('b')).toEqual([])
    expect(draft.tasksUsing('x')).toEqual([changed])
  })

  it('numbers and orders the tasks that it adds after those below', () => {
    const draft = new Draft(stateWith())

    draft.putTask(task('t_c', 2, ['a']))
    draft.putTask(task('t_b', 1, ['a']))

    expect(draft.taskCount).toBe(3)
    expect(draft.tasksUsing('a').map(({ name }) => name)).toEqual(['t_a', 't_b', 't_c'])
  })

  it('prefers its own changes to what lies below, and that to what was loaded', () => {
    const loaded = { instances: new Map([['t_a#0', instance(0, { status: 'skipped' })], ['t_a#9', instance(9, { status: 'finished' })]]), records: new Map([['d/c1', 1]]) }
    const draft = new Draft(stateWith(instance(0)), loaded)

    expect([draft.instance('t_a#0')?.status, draft.instance('t_a#9')?.status, draft.known('d/c1')]).toEqual(['unstarted', 'finished', 1])
  })

  it('takes over what a draft over it changed', () => {
    const below = new Draft(stateWith(instance(0)))
    const above = new Draft(below)
    above.put(instance(0, { status: 'failed', logLevel: 'ERROR' }))
    above.changes.expectAbsent.push('f/p1')

    below.absorb(above.changes)

    expect([below.instance('t_a#0')?.status, below.counters('t_a').errors, below.changes.expectAbsent]).toEqual(['failed', 1, ['f/p1']])
  })
})

describe('a state', () => {
  it('forgets what is resolved and lists what is in flight', () => {
    const handOver = { revision: 0, run: 'run', runner: 'queue', owner: null, notBefore: null, since: 1 }
    const state = stateWith(instance(0, { status: 'scheduled', handOver }), instance(1, { status: 'running', handOver }))
    const draft = new Draft(state)
    draft.put(instance(0, { status: 'finished' }))

    state.apply(draft.changes)

    expect(names(state.inFlight())).toEqual(['t_a#1'])
    expect([state.instance('t_a#0'), state.counters('t_a').count]).toEqual([undefined, 2])
  })

  it('looks again at instances whose task is configured anew', () => {
    const state = stateWith(instance(0, { firings: [['a', 'f0']] }))
    const draft = new Draft(state)
    const changed = { ...task('t_a', 0, [], ['x']), revision: 1 }
    draft.putTask(changed)

    state.apply(draft.changes)

    expect(names(state.concerned(changed, 'x'))).toEqual(['t_a#0'])
  })

  it('keeps no archive, no receipts and no keys that only a storage needs', () => {
    const state = stateWith()
    const draft = new Draft(state)
    draft.changes.archive.set('f/p1', {})
    draft.changes.expectAbsent.push('f/p1')

    state.apply(draft.changes)

    expect([state.known('f/p1'), state.changes.expectAbsent]).toEqual([undefined, []])
  })
})
