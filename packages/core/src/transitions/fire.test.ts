import { describe, expect, it } from 'vitest'
import { CommittedSession, QUEUE, task } from '../committed-session.js'

describe('fire', () => {
  it('creates an instance at the first trigger that the task uses and schedules it at the last', () => {
    const session = new CommittedSession({ t_join: { after: ['a', 'b'] } })

    const first = session.fire('b', { b: 2 })
    const second = session.fire('a', { a: 1 })

    expect(first.answer).toMatchObject({ created: ['t_join#0'], scheduled: [], duplicate: false, configured: true })
    expect(second.answer).toMatchObject({ created: [], scheduled: ['t_join#0'] })
    expect(second.effects).toEqual([{ type: 'dispatch', instance: 't_join#0', round: 1, attempt: 1 }])
    expect(session.instance('t_join#0').firings).toEqual([['b', 'f0'], ['a', 'f1']])
  })

  it('records a firing that no task uses, and one in a session without configuration', () => {
    const session = new CommittedSession({})

    const { answer, events } = session.fire('lonely', { x: 1 })

    expect(answer).toMatchObject({ created: [], configured: false })
    expect(events.at(-1)).toMatchObject({ type: 'fired', trigger: 'lonely', refused: false })
    expect(session.archive.get('f/f0')).toEqual({ trigger: 'lonely', at: 1_000, payload: { x: 1 } })
    expect(session.state.latestFiring('lonely')).toBe('f0')
  })

  it('lets an instance keep the first firing of a trigger while the session remembers the last', () => {
    const session = new CommittedSession({ t_join: { after: ['a', 'b'] } })

    session.fire('a', { n: 1 })
    session.fire('a', { n: 2 })

    expect(session.instance('t_join#0').firings).toEqual([['a', 'f0']])
    expect(session.state.latestFiring('a')).toBe('f1')
  })

  it('creates no second instance of a one-shot task, whatever became of the first', () => {
    const session = new CommittedSession({ t_once: { after: ['a'] } })
    session.fire('a')
    session.finish('t_once#0')

    const { answer } = session.fire('a')

    expect(answer).toMatchObject({ created: [], scheduled: [] })
    expect(session.statuses('t_once')).toEqual(['finished'])
  })

  it('creates an instance at every andEvery firing that no waiting instance absorbs', () => {
    const session = new CommittedSession({ t_page: { after: ['start', 'page'], andEvery: 'page' } })

    session.fire('start')
    const absorbed = session.fire('page')
    const another = session.fire('page')

    expect(absorbed.answer).toMatchObject({ created: [], scheduled: ['t_page#0'] })
    expect(another.answer).toMatchObject({ created: ['t_page#1'], scheduled: ['t_page#1'] })
  })

  it('schedules all that waited for one trigger, each with its own andEvery firing, in order of creation', () => {
    const session = new CommittedSession({ t_page: { after: ['start', 'page'], andEvery: 'page' } })
    for (let page = 0; page < 3; page += 1) session.fire('page', { page })

    const { answer } = session.fire('start')

    expect(answer).toMatchObject({ scheduled: ['t_page#0', 't_page#1', 't_page#2'] })
    expect(session.instance('t_page#1').firings).toEqual([['page', 'f1'], ['start', 'f3']])
  })

  it('seeds a new instance with the latest firings of the triggers that came before it', () => {
    const session = new CommittedSession({})
    session.fire('a')
    session.fire('stop')
    session.configure({ t_late: { after: ['a', 'b'], unless: ['stop', 'never'] } })

    const { answer } = session.fire('b')

    expect(answer).toMatchObject({ created: ['t_late#0'], scheduled: ['t_late#0'] })
    expect(session.instance('t_late#0')).toMatchObject({ firings: [['a', 'f0'], ['b', 'f2']], abandonState: ['stop'] })
  })

  it('abandons an instance once its whole unless has fired, even if the same firing completes its after', () => {
    const session = new CommittedSession({ t_both: { after: ['a', 'x'], unless: ['x', 'y'] } })
    session.fire('a')
    session.fire('y')

    const { answer } = session.fire('x')

    expect(answer).toMatchObject({ abandoned: ['t_both#0'], scheduled: [] })
    expect(session.statuses('t_both')).toEqual(['abandoned'])
  })

  it('creates an instance at a trigger that only unless names', () => {
    const session = new CommittedSession({ t_guarded: { after: ['a'], unless: ['x', 'y'] } })

    const { answer } = session.fire('x')

    expect(answer).toMatchObject({ created: ['t_guarded#0'], abandoned: [] })
  })

  it('runs a task without after when one of several unless triggers fires first', () => {
    const session = new CommittedSession({ t_free: { unless: ['x', 'y'] } })

    const { answer } = session.fire('x')

    expect(answer).toMatchObject({ scheduled: ['t_free#0'] })
  })

  it('goes on creating instances that are abandoned at once while the unless of an andEvery task is complete', () => {
    const session = new CommittedSession({ t_page: { after: ['page'], andEvery: 'page', unless: ['stop'] } })
    session.fire('stop')

    const { answer } = session.fire('page')

    expect(answer).toMatchObject({ created: ['t_page#1'], abandoned: ['t_page#1'], scheduled: [] })
  })

  it('does not touch an instance that is scheduled', () => {
    const session = new CommittedSession({ t_once: { after: ['a'], unless: ['x'] } })
    session.fire('a')

    session.fire('x')

    expect(session.instance('t_once#0')).toMatchObject({ status: 'scheduled', abandonState: [] })
  })

  it('judges an instance that became ready by other means at the next relevant firing', () => {
    const session = new CommittedSession({ t_once: { after: ['a'] } })
    session.fire('a')
    session.do({ type: 'setStatus', instance: 't_once#0', status: 'unstarted', metadata: {}, cascade: false, cascadeKwargs: {} })

    const { answer } = session.fire('a')

    expect(answer).toMatchObject({ created: [], scheduled: ['t_once#0'] })
    expect(session.instance('t_once#0')).toMatchObject({ round: 2, attempt: 1 })
  })

  it('looks at tasks in the order in which they were first configured', () => {
    const session = new CommittedSession({ t_b: { after: ['a'] }, t_a: { after: ['a'] } })
    session.configure({ t_b: { after: ['a'], run: 'other' } })

    const { answer } = session.fire('a')

    expect(answer).toMatchObject({ scheduled: ['t_b#0', 't_a#0'] })
  })

  it('treats __proto__, constructor and names that look like integers as names', () => {
    const names = ['__proto__', 'constructor', '10', '9']
    const session = new CommittedSession({})
    session.do({ type: 'configure', catchUp: false, tasks: names.map((name) => [name, task({ after: ['toString', '7'] })]) })

    session.fire('7')
    const { answer } = session.fire('toString')

    expect(answer).toMatchObject({ scheduled: ['__proto__#0', 'constructor#0', '10#0', '9#0'] })
  })

  it('answers a known firing id as a duplicate and changes nothing', () => {
    const session = new CommittedSession({ t_page: { after: ['page'], andEvery: 'page' } })
    const first = session.do({ type: 'fire', trigger: 'page', kwargs: {}, id: 'p1' })

    const again = session.do({ type: 'fire', trigger: 'page', kwargs: {}, id: 'p1' })

    expect([...first.changes.expectAbsent]).toEqual(['f/p1'])
    expect(again.answer).toEqual({ firing: 'p1', duplicate: true, created: [], scheduled: [], abandoned: [], configured: true })
    expect(again.changes.instances.size + again.changes.latest.size + again.events.length).toBe(0)
  })

  it('refuses a firing id that belongs to another trigger', () => {
    const session = new CommittedSession({})
    session.do({ type: 'fire', trigger: 'a', kwargs: {}, id: 'p1' })

    const reuse = (): unknown => session.do({ type: 'fire', trigger: 'b', kwargs: {}, id: 'p1' })

    expect(reuse).toThrow(expect.objectContaining({ code: 'FiringIdReused' }))
  })

  it('schedules what comes before a refused instance and leaves it and the rest unstarted', () => {
    const session = new CommittedSession({ t_a: { after: ['a'] }, t_bad: { after: ['a'], using: 'none' }, t_c: { after: ['a'] } })

    const { answer, events, refusal } = session.fire('a')

    expect(answer).toMatchObject({ created: ['t_a#0', 't_bad#0', 't_c#0'], scheduled: ['t_a#0'] })
    expect(refusal).toMatchObject({ reason: 'UnknownRunner', instance: 't_bad#0' })
    expect(events.at(-1)).toMatchObject({ type: 'fired', refused: true })
    expect(session.instance('t_bad#0')).toMatchObject({ status: 'unstarted', handOver: null, firings: [['a', 'f0']] })
    expect(session.statuses('t_c')).toEqual(['unstarted'])
    expect(session.state.latestFiring('a')).toBe('f0')
  })

  it('refuses a task function that the runner certainly does not have, and takes one that it may have', () => {
    const get = (key: string) => ({ ...QUEUE, accepts: () => (key === 'strict' ? ('no' as const) : ('unknown' as const)) })
    const session = new CommittedSession({ t_a: { after: ['a'] }, t_b: { after: ['a'], using: 'strict' } }, { runners: { default: 'vague', get } })

    const { answer, refusal } = session.fire('a')

    expect(answer).toMatchObject({ scheduled: ['t_a#0'] })
    expect(refusal).toMatchObject({ reason: 'UnknownTaskFunction', instance: 't_b#0' })
  })

  it('puts into a change only what the trigger concerns', () => {
    const session = new CommittedSession({ t_page: { after: ['page'], andEvery: 'page' }, t_other: { after: ['other', 'never'], andEvery: 'other' } })
    for (let count = 0; count < 50; count += 1) session.fire('other')
    session.fire('page')
    session.finish('t_page#0')

    const { changes } = session.fire('page')

    expect([...changes.instances.keys()]).toEqual(['t_page#1'])
    expect([...changes.archive.keys()]).toEqual(['f/f52'])
  })
})
