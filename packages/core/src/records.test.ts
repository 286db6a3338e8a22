import type { JsonValue } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { ChangeSet } from './changes.js'
import { decodeInstance, fromRecords, RECORD_FORMAT, toRecords } from './records.js'
import { SessionState } from './session-state.js'
import { BLANK_INSTANCE } from './state.js'
import type { Instance, InstanceStatus, Task } from './state.js'

const TASK: Task = {
  name: 't_a',
  index: 0,
  revision: 0,
  configuration: { after: ['a'], andEvery: null, unless: [], withParams: {}, run: 'run', using: null, extras: {} },
}

function instance(status: InstanceStatus): Instance {
  return { ...BLANK_INSTANCE, name: 't_a#0', task: 't_a', status, timestamps: { created: 1, lastModified: 1 } }
}

/** A state with one task, and the instance if there is one. */
function stateWith(...instances: readonly Instance[]): SessionState {
  const state = new SessionState()
  const counters = new Map([['t_a', { count: 1, warnings: 0, errors: 0 }]])
  state.apply({ ...new ChangeSet(), tasks: new Map([['t_a', TASK]]), counters, instances: new Map(instances.map((one) => [one.name, one])) })
  return state
}

function changesOf(changed: Instance): ChangeSet {
  return Object.assign(new ChangeSet(), { instances: new Map([[changed.name, changed]]) })
}

describe('toRecords', () => {
  it('moves an instance that was resolved from the working set to the archive', () => {
    const { working, archive } = toRecords(changesOf(instance('finished')), stateWith(instance('running')))

    expect([working.remove, [...working.put]]).toEqual([['i/00000/000000000'], []])
    expect([...archive.put.keys()]).toEqual(['i/00000/000000000'])
  })

  it('moves an instance back that is resolved no more', () => {
    const { working, archive } = toRecords(changesOf(instance('unstarted')), stateWith())

    expect([...working.put.keys()]).toEqual(['i/00000/000000000'])
    expect([archive.remove, [...archive.put]]).toEqual([['i/00000/000000000'], []])
  })

  it('removes nothing where an instance stays in its place', () => {
    const { working, archive } = toRecords(changesOf(instance('running')), stateWith(instance('scheduled')))

    expect([...working.put.keys()]).toEqual(['i/00000/000000000'])
    expect([...working.remove, ...archive.remove]).toEqual([])
  })

  it('leaves out of an instance what was never set', () => {
    const { working } = toRecords(changesOf({ ...instance('scheduled'), round: 1 }), stateWith(instance('unstarted')))

    expect(working.put.get('i/00000/000000000')).toEqual({ name: 't_a#0', task: 't_a', status: 'scheduled', round: 1, timestamps: { created: 1, lastModified: 1 } })
  })

  it('removes archived records that are null', () => {
    const changes = Object.assign(new ChangeSet(), { archive: new Map<string, JsonValue | null>([['u/00000/000000000', null]]) })

    expect(toRecords(changes, stateWith()).archive.remove).toEqual(['u/00000/000000000'])
  })
})

describe('fromRecords', () => {
  it('reads what toRecords wrote', () => {
    const before = stateWith(instance('scheduled'))
    const session = { format: RECORD_FORMAT, manager: 'default', created: 1 }
    const all = { ...new ChangeSet(), session, latest: new Map([['__proto__', 'f0']]), tasks: new Map([['t_a', TASK]]), counters: new Map([['t_a', before.counters('t_a')]]), instances: new Map([['t_a#0', instance('scheduled')]]) }

    const state = fromRecords(toRecords(all, new SessionState()).working.put)

    expect(state.session).toEqual(session)
    expect(state.latestFiring('__proto__')).toBe('f0')
    expect([state.task('t_a'), state.counters('t_a')]).toMatchObject([TASK, { count: 1 }])
    expect(state.unresolved('t_a')).toEqual([instance('scheduled')])
  })

  it('refuses the records of a newer release', () => {
    const records = new Map([['s', { format: RECORD_FORMAT + 1, manager: 'default', created: 1 }]])

    expect(() => fromRecords(records)).toThrow(expect.objectContaining({ code: 'UnsupportedFormat' }))
  })
})

describe('decodeInstance', () => {
  it('fills in what a record leaves out', () => {
    const decoded = decodeInstance({ name: 't_a#0', task: 't_a', timestamps: { created: 1, lastModified: 1 } })

    expect(decoded).toEqual(instance('unstarted'))
  })
})
