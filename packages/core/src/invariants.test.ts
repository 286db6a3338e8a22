import type { TaskConfiguration } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { ChangeSet } from './changes.js'
import { violations } from './invariants.js'
import { SessionState } from './session-state.js'
import { BLANK_INSTANCE } from './state.js'
import type { HandOver, Instance, TaskCounters } from './state.js'

const CONFIGURATION: TaskConfiguration = { after: ['a'], andEvery: null, unless: [], withParams: {}, run: 'run', using: null, extras: {} }
const HAND_OVER: HandOver = { revision: 0, run: 'run', runner: 'queue', owner: null, notBefore: null, since: 1 }

function instance(values: Partial<Instance> = {}): Instance {
  return { ...BLANK_INSTANCE, name: 't_a#0', task: 't_a', ...values }
}

/** The ids of what a state with this instance violates; `index` is that of its only task. */
function broken(given: Instance, { index = 0, counters = {}, resolved = [] as readonly Instance[] } = {} as { index?: number; counters?: Partial<TaskCounters>; resolved?: readonly Instance[] }): readonly string[] {
  const state = new SessionState()
  state.apply({
    ...new ChangeSet(),
    tasks: new Map([['t_a', { name: 't_a', index, configuration: CONFIGURATION, revision: 0 }]]),
    counters: new Map([['t_a', { count: 1, warnings: 0, errors: 0, ...counters }]]),
    instances: new Map([[given.name, given]]),
  })
  return [...new Set(violations(state, resolved).map(({ invariant }) => invariant))]
}

describe('violations', () => {
  it('finds none in a sound state', () => {
    expect(broken(instance({ status: 'scheduled', handOver: HAND_OVER, round: 1, attempt: 1 }))).toEqual([])
  })

  it('finds a number that was never given out (C1)', () => {
    expect(broken(instance({ name: 't_a#1', number: 1 }))).toEqual(['C1'])
  })

  it('finds two instances of one name (C1)', () => {
    expect(broken(instance(), { counters: { count: 2 }, resolved: [instance({ status: 'finished' })] })).toEqual(['C1'])
  })

  it('finds kwargs of a trigger that never fired (C2)', () => {
    expect(broken(instance({ firings: [['a', 'f0']] }))).toEqual(['C2'])
  })

  it('finds a hand-over of an instance that is neither scheduled nor running, or under an unknown revision (C3)', () => {
    expect(broken(instance({ status: 'failed', handOver: HAND_OVER, round: 1, attempt: 1 }))).toEqual(['C3'])
    expect(broken(instance({ status: 'scheduled', handOver: { ...HAND_OVER, revision: 1 }, round: 1, attempt: 1 }))).toEqual(['C3'])
  })

  it('finds a hand-over without a round, and a run without kwargs (C4)', () => {
    expect(broken(instance({ status: 'scheduled', handOver: HAND_OVER }))).toEqual(['C4'])
    expect(broken(instance({ status: 'running', handOver: HAND_OVER, round: 1, attempt: 1 }))).toEqual(['C4'])
  })

  it('finds an archived instance that is not resolved (C5)', () => {
    expect(broken(instance({ name: 't_a#1', number: 1 }), { counters: { count: 2 }, resolved: [instance({ status: 'failed' })] })).toEqual(['C5'])
  })

  it('finds log counters that do not add up (C6)', () => {
    expect(broken(instance(), { counters: { errors: 1 } })).toEqual(['C6'])
  })

  it('finds tasks that are not numbered in order (C7)', () => {
    expect(broken(instance(), { index: 1 })).toEqual(['C7'])
  })
})
