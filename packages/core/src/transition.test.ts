import type { TaskConfiguration } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { transition } from './index.js'
import type { Command, Inputs } from './index.js'
import { CommittedSession, ERROR, QUEUE } from './committed-session.js'

const ONCE = { t_a: { after: ['a'] } }
const refused = (code: string): Error => expect.objectContaining({ code }) as Error

function fired(tasks: Readonly<Record<string, Partial<TaskConfiguration>>> = ONCE, changes: Partial<Inputs> = {}): CommittedSession {
  const session = new CommittedSession(tasks, changes)
  session.fire('a', { n: 1 })
  return session
}

describe('configure', () => {
  it('changes nothing when it is repeated, and keeps the replaced configuration when it changes', () => {
    const session = new CommittedSession(ONCE)

    const same = session.configure(ONCE)
    const other = session.configure({ t_a: { after: ['a'], run: 'other' } })

    expect(same.answer).toMatchObject({ tasks: [] })
    expect(same.changes.tasks.size).toBe(0)
    expect(other.answer).toMatchObject({ tasks: ['t_a'] })
    expect(session.state.task('t_a')).toMatchObject({ index: 0, revision: 1 })
    expect(session.archive.get('c/00000/000000000')).toMatchObject({ run: 'run' })
  })

  it('leaves a task without instances, whatever has fired, without catchUp', () => {
    const session = new CommittedSession({})
    session.fire('a')

    const { answer } = session.configure(ONCE, false)

    expect(answer).toMatchObject({ created: [], scheduled: [] })
  })

  it('gives new tasks whose triggers have fired an instance with catchUp, in the order of configuration', () => {
    const session = new CommittedSession({ t_z: { after: ['z'] } })
    session.fire('a')
    session.fire('x')

    const { answer } = session.configure({ t_ready: { after: ['a'] }, t_waits: { after: ['a', 'b'] }, t_dead: { after: ['b'], unless: ['x'] }, t_none: { after: ['b'] } }, true)

    expect(answer).toMatchObject({ created: ['t_ready#0', 't_waits#0', 't_dead#0'], scheduled: ['t_ready#0'], abandoned: ['t_dead#0'] })
  })

  it('lets waiting instances follow the new configuration from the next relevant firing on', () => {
    const session = new CommittedSession({ t_a: { after: ['a', 'b'] } })
    session.fire('a')

    const update = session.configure({ t_a: { after: ['a'] } })
    const { answer } = session.fire('a')

    expect(update.answer).toMatchObject({ scheduled: [] })
    expect(answer).toMatchObject({ scheduled: ['t_a#0'] })
  })
})

describe('executions', () => {
  it('begin under a new epoch, once for each hand-over, and drop every other job', () => {
    const session = fired()

    const wrong = session.do({ type: 'begin', instance: 't_a#0', round: 1, attempt: 2 })
    const right = session.do({ type: 'begin', instance: 't_a#0', round: 1, attempt: 1 })
    const twice = session.do({ type: 'begin', instance: 't_a#0', round: 1, attempt: 1 })

    expect([wrong, right, twice].map(({ answer }) => answer)).toMatchObject([{ begun: false }, { begun: true, epoch: 1 }, { begun: false }])
    expect(session.instance('t_a#0')).toMatchObject({ status: 'running', handOver: { owner: 'me' }, used: { revision: 0, firings: [['a', 'f0']] } })
  })

  it('run under the configuration that was current at scheduling', () => {
    const session = fired()
    session.configure({ t_a: { after: ['a'], run: 'other' } })

    session.begin('t_a#0')

    expect(session.instance('t_a#0')).toMatchObject({ handOver: { run: 'run', revision: 0 }, used: { revision: 0 } })
  })

  it('finish and cascade in one change that stores the result once', () => {
    const session = fired({ ...ONCE, t_next: { after: ['t_a'] } })

    const { changes, events } = session.finish('t_a#0', { done: true })

    expect([...changes.instances.keys()].sort()).toEqual(['t_a#0', 't_next#0'])
    expect(events.map(({ type }) => type)).toEqual(['instanceFinished', 'instanceCreated', 'instanceScheduled', 'fired'])
    expect(session.instance('t_a#0')).toMatchObject({ status: 'finished', result: 'f/f1', handOver: null })
    expect(session.archive.get('f/f1')).toMatchObject({ trigger: 't_a', payload: { done: true } })
  })

  it('turn to failed, keeping their result, if the cascade cannot be scheduled', () => {
    const session = fired({ ...ONCE, t_next: { after: ['t_a'], using: 'none' } })

    session.finish('t_a#0', { done: true })

    expect(session.instance('t_a#0')).toMatchObject({ status: 'failed', result: 'f/f1', errorType: 'TriggerkitError' })
    expect(session.archive.get('e/00000/000000000')).toMatchObject({ code: 'SchedulingRefused', context: { reason: 'UnknownRunner', instance: 't_next#0' } })
    expect(session.statuses('t_next')).toEqual(['unstarted'])
  })

  it('are stale once a status was set by hand, even to running, and change nothing then', () => {
    for (const status of ['unstarted', 'scheduled', 'running', 'skipped'] as const) {
      const session = fired()
      const execution = session.begin('t_a#0')
      session.set('t_a#0', status)

      const finish = (): unknown => session.do({ type: 'finish', execution, result: {}, logLevel: 'NOTSET' })

      expect(finish, status).toThrow(refused('StaleExecutionError'))
      expect(session.instance('t_a#0')).toMatchObject({ status, handOver: null })
    }
  })

  it('are stale as well when they fire', () => {
    const session = fired()
    const execution = session.begin('t_a#0')
    session.do({ type: 'cancel', instance: 't_a#0' })

    const fire = (): unknown => session.do({ type: 'fire', trigger: 'x', kwargs: {}, execution })

    expect(fire).toThrow(refused('StaleExecutionError'))
  })

  it('skip themselves without result or cascade', () => {
    const session = fired()

    const { events } = session.do({ type: 'skipSelf', execution: session.begin('t_a#0'), metadata: { why: 'spam' } })

    expect(session.instance('t_a#0')).toMatchObject({ status: 'skipped', result: null, metadata: { why: 'spam' } })
    expect(events.map(({ type }) => type)).toEqual(['instanceSkipped'])
  })

  it('count losses apart from attempts, and fail with ExecutionLost at the limit', () => {
    const session = fired()

    session.requeue('t_a#0', false)
    for (let loss = 0; loss < 2; loss += 1) {
      session.begin('t_a#0')
      session.requeue('t_a#0', true)
    }
    const before = session.instance('t_a#0')
    session.begin('t_a#0')
    session.requeue('t_a#0', true)

    expect(before).toMatchObject({ status: 'scheduled', round: 1, attempt: 4, losses: 2 })
    expect(session.instance('t_a#0')).toMatchObject({ status: 'failed', losses: 3 })
    expect(session.archive.get('e/00000/000000000')).toMatchObject({ code: 'ExecutionLost' })
  })

  it('are not requeued by news of an older hand-over', () => {
    const session = fired()
    const { epoch } = session.instance('t_a#0')
    session.begin('t_a#0')

    const { changes } = session.do({ type: 'requeue', instance: 't_a#0', epoch, lost: true, maxLosses: 3 })

    expect(changes.instances.size).toBe(0)
  })
})

describe('hand-overs', () => {
  it('to a durable runner have no owner; those to one in memory belong to the process', () => {
    const memory = { default: 'memory', get: () => ({ ...QUEUE, durable: false }) }

    const [durable, volatile] = [fired(), fired(ONCE, { runners: memory })]

    expect(durable.instance('t_a#0').handOver).toMatchObject({ owner: null, since: 1_000, runner: 'queue' })
    expect(volatile.instance('t_a#0').handOver).toMatchObject({ owner: 'me', runner: 'memory' })
  })

  it('to a runner in memory are left to others by a process that does not execute', () => {
    const session = new CommittedSession(ONCE, { owner: null, runners: { default: 'memory', get: () => ({ ...QUEUE, durable: false }) } })

    const { answer, effects } = session.fire('a')

    expect(answer).toMatchObject({ scheduled: ['t_a#0'] })
    expect(effects).toEqual([])
  })

  it('of a retry wait for the cooldown: with the runner if it can, else with the sweep', () => {
    for (const delays of [true, false]) {
      const session = fired(ONCE, { runners: { default: 'queue', get: () => ({ ...QUEUE, delays }) } })
      const execution = session.begin('t_a#0')

      const { effects } = session.do({ type: 'retry', execution, error: ERROR, metadata: {}, replacementKwargs: null, cooldown: 500 })

      expect(session.instance('t_a#1')).toMatchObject({ cooldown: 500, handOver: { notBefore: 1_500 } })
      expect(effects).toHaveLength(delays ? 1 : 0)
    }
  })
})

describe('replay and retry', () => {
  it('replace a failed instance by a clone that is scheduled at once', () => {
    const session = fired()
    session.fail('t_a#0')

    const { answer, events } = session.replay('t_a#0')

    expect(answer).toEqual({ instance: 't_a#0', clone: 't_a#1' })
    expect(events.at(-1)).toEqual({ type: 'replayed', original: 't_a#0', clone: 't_a#1' })
    expect(session.statuses('t_a')).toEqual(['replayed', 'scheduled'])
    expect(session.instance('t_a#1')).toMatchObject({ parent: 't_a#0', depth: 1, firings: [['a', 'f0']], errorType: null, used: null })
  })

  it('keep the kwargs without replacement, and clear them by an empty one', () => {
    const session = fired()
    session.fail('t_a#0')

    session.replay('t_a#0', {})

    expect(session.instance('t_a#1')).toMatchObject({ firings: [], replacement: { payload: 'k/00000/000000001', triggers: [] } })
    expect(session.archive.get('k/00000/000000001')).toEqual({ payload: {} })
  })

  it('refuse an instance that has not failed', () => {
    const session = fired()

    expect(() => session.replay('t_a#0')).toThrow(refused('NotFailed'))
    expect(() => session.do({ type: 'skip', instance: 't_a#0', cascade: false, result: {} })).toThrow(refused('NotFailed'))
  })

  it('leave the original replayed and the clone unstarted if that cannot be scheduled', () => {
    const session = fired()
    session.fail('t_a#0')
    session.configure({ t_a: { after: ['a'], using: 'none' } })

    const { refusal, events } = session.replay('t_a#0')

    expect(refusal).toMatchObject({ reason: 'UnknownRunner', instance: 't_a#1' })
    expect(events.some(({ type }) => type === 'replayed')).toBe(false)
    expect(session.statuses('t_a')).toEqual(['replayed', 'unstarted'])
  })
})

describe('changes by hand', () => {
  it('skip a failed instance with a result, firing its name only if wished', () => {
    const session = fired({ ...ONCE, t_next: { after: ['t_a'] } })
    session.fail('t_a#0')

    const { events } = session.do({ type: 'skip', instance: 't_a#0', cascade: true, result: { ok: 1 } })

    expect(session.instance('t_a#0')).toMatchObject({ status: 'skipped', metadata: { cascade: true }, errorType: 'RuntimeError' })
    expect(session.statuses('t_next')).toEqual(['scheduled'])
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['fired', 'skipped'])
  })

  it('cancel what is not over yet, and leave the rest', () => {
    const session = fired()

    const first = session.do({ type: 'cancel', instance: 't_a#0' })
    const second = session.do({ type: 'cancel', instance: 't_a#0' })

    expect([first.answer, second.answer]).toMatchObject([{ cancelled: true }, { cancelled: false }])
    expect(session.archive.get('e/00000/000000000')).toMatchObject({ code: 'Cancelled' })
  })

  it('treat result and logsResolved among metadata as the fields of those names', () => {
    const session = fired()

    session.do({ type: 'setMetadata', instance: 't_a#0', metadata: { result: { x: 1 }, logsResolved: true, own: 2 } })

    expect(session.instance('t_a#0')).toMatchObject({ result: 'r/00000/000000000', logsMarked: true, metadata: { own: 2 } })
  })

  it('keep counters and index entries of unresolved logs', () => {
    const session = fired()

    session.fail('t_a#0')
    const logged = [session.state.counters('t_a').errors, session.archive.get('u/00000/000000000')]
    session.do({ type: 'markLogs', instance: 't_a#0' })

    expect(logged).toEqual([1, 't_a#0'])
    expect([session.state.counters('t_a').errors, session.archive.has('u/00000/000000000')]).toEqual([0, false])
  })

  it('make instances of any status and clones of any instance', () => {
    const session = fired()
    session.finish('t_a#0')

    session.do({ type: 'clone', instance: 't_a#0' })
    session.do({ type: 'create', task: 't_a', values: { status: 'failed', kwargs: { a: {} }, abandonState: ['x'], metadata: { own: 1 } } })

    expect(session.statuses('t_a')).toEqual(['finished', 'unstarted', 'failed'])
    expect(session.instance('t_a#1')).toMatchObject({ parent: 't_a#0', depth: 1, result: null })
    expect(session.instance('t_a#2')).toMatchObject({ replacement: { triggers: ['a'] }, abandonState: ['x'], metadata: { own: 1 } })
  })

  it('keep the time of creation, and that of each status', () => {
    const session = fired()
    session.inputs = { ...session.inputs, now: 900 }

    session.begin('t_a#0')

    expect(session.instance('t_a#0').timestamps).toEqual({ created: 1_000, lastModified: 1_000, unstarted: 1_000, scheduled: 1_000, running: 900 })
  })

  it.each([
    ['t_a#1', 'No instance "t_a#1". Task t_a has 1, from t_a#0.'],
    ['t_none#0', 'No instance "t_none#0". Task t_none has 0, from t_none#0.'],
    ['t_b#0', 'No instance "t_b#0". Task t_b has 0, from t_b#0.'],
    ['t_b', 'No instance "t_b". Task t_b has 0, from t_b#0.'],
  ])('says of %s what there is', (instance, message) => {
    const session = fired({ ...ONCE, t_none: { after: ['b'] } })

    expect(() => session.do({ type: 'markLogs', instance })).toThrow(message)
  })

  it('name what they do not know, and ask for resolved instances that are not at hand', () => {
    const session = fired()
    session.finish('t_a#0')
    const bare = (command: Command) => () => transition(session.state, command, session.inputs)

    expect(bare({ type: 'markLogs', instance: 't_a#0' })).toThrow(expect.objectContaining({ instance: 't_a#0', key: 'i/00000/000000000' }))
    for (const instance of ['t_a', 't_a#1', 't_b#0']) expect(bare({ type: 'markLogs', instance })).toThrow(refused('UnknownInstance'))
    expect(bare({ type: 'create', task: 't_b', values: {} })).toThrow(refused('UnknownTask'))
  })
})

describe('command ids', () => {
  it('answer a repeated command as before and change nothing', () => {
    const session = fired()
    session.fail('t_a#0')
    const first = session.do({ type: 'replay', instance: 't_a#0', replacementKwargs: null, id: 'c1' })

    const again = session.do({ type: 'replay', instance: 't_a#0', replacementKwargs: null, id: 'c1' })

    expect([...first.changes.expectAbsent]).toEqual(['d/c1'])
    expect(again.answer).toEqual(first.answer)
    expect(again.changes.instances.size + again.events.length).toBe(0)
  })

  it('answer a repeated finish, whose execution is over, as well', () => {
    const session = fired()
    const command: Command = { type: 'finish', execution: session.begin('t_a#0'), result: {}, logLevel: 'NOTSET', id: 'c1' }
    const first = session.do(command)

    const again = session.do(command)

    expect(again.answer).toEqual(first.answer)
  })

  it('belong to one command: another instance or another type is refused', () => {
    const session = fired()
    session.do({ type: 'markLogs', instance: 't_a#0', id: 'c1' })

    expect(() => session.do({ type: 'cancel', instance: 't_a#0', id: 'c1' })).toThrow(refused('CommandIdReused'))
    expect(() => session.do({ type: 'create', task: 't_a', values: {}, id: 'c1' })).toThrow(refused('CommandIdReused'))
  })
})
