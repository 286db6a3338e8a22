import type { JsonValue, TaskConfiguration } from '@triggerkit/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { advance, Draft, fromRecords, SessionState, toRecords, transition } from './index.js'
import type { Changes, Command, Inputs, Instance, View } from './index.js'
import { violations } from './invariants.js'

const TRIGGERS = ['x', 'y', 'z', 't_a', 't_b', '__proto__']
const TASKS = ['t_a', 't_b']

const triggers = fc.uniqueArray(fc.constantFrom(...TRIGGERS), { maxLength: 3 })

const configuration: fc.Arbitrary<TaskConfiguration> = fc
  .record({ after: triggers, unless: triggers, andEvery: fc.option(fc.constantFrom(...TRIGGERS)), using: fc.constantFrom(null, null, 'none') })
  .map(({ after, unless, andEvery, using }) => ({
    after: andEvery === null || after.includes(andEvery) ? after : [...after, andEvery],
    andEvery,
    unless,
    withParams: {},
    run: 'noop',
    using,
    extras: {},
  }))

const instance = fc.tuple(fc.constantFrom(...TASKS), fc.nat(4)).map(([task, number]) => `${task}#${number}`)

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...TASKS), configuration, fc.boolean()).map(([name, task, catchUp]): Command => ({ type: 'configure', tasks: [[name, task]], catchUp })) },
  { weight: 8, arbitrary: fc.constantFrom(...TRIGGERS).map((trigger): Command => ({ type: 'fire', trigger, kwargs: {} })) },
  fc.tuple(instance, fc.constantFrom('unstarted' as const, 'failed' as const, 'finished' as const, 'scheduled' as const)).map(
    ([name, status]): Command => ({ type: 'setStatus', instance: name, status, metadata: {}, cascade: false, cascadeKwargs: {} }),
  ),
  instance.map((name): Command => ({ type: 'clone', instance: name })),
  instance.map((name): Command => ({ type: 'replay', instance: name, replacementKwargs: null })),
  instance.map((name): Command => ({ type: 'skip', instance: name, cascade: true, result: {} })),
  instance.map((name): Command => ({ type: 'cancel', instance: name })),
  instance.map((name): Command => ({ type: 'begin', instance: name, round: 1, attempt: 1 })),
)

/** More instances than are looked through one by one: some wait for `x`, and so may any that is cloned or put back. */
const CROWD: readonly Command[] = [
  { type: 'configure', tasks: [['t_a', { after: ['x', 'never'], andEvery: null, unless: [], withParams: {}, run: 'noop', using: null, extras: {} }]], catchUp: false },
  ...Array.from({ length: 12 }, (): Command => ({ type: 'create', task: 't_a', values: {} })),
]

/** A row of commands, in half of the cases after a crowd of instances. */
function rows(maxLength: number): fc.Arbitrary<readonly Command[]> {
  return fc.tuple(fc.boolean(), fc.array(command, { maxLength })).map(([crowded, commands]) => (crowded ? [...CROWD, ...commands] : commands))
}

function plainInputs(): Inputs {
  let count = 0
  const runner = { durable: true, delays: true, accepts: (): 'yes' => 'yes' }
  return {
    now: 1_000,
    ids: () => `f${(count += 1)}`,
    owner: null,
    runners: { default: 'queue', get: (key) => (key === 'queue' ? runner : undefined) },
    manager: 'default',
    unresolvedLogs: 40,
  }
}

/** A state, the records that it was written to, and every instance that ever was. */
class Model {
  readonly state = new SessionState()
  readonly working = new Map<string, JsonValue>()
  readonly archive = new Map<string, JsonValue>()
  readonly instances = new Map<string, Instance>()
  readonly inputs = plainInputs()

  /** Carries a command out, unless it is refused. */
  do(given: Command): void {
    try {
      this.commit(transition(new Draft(this.state, { instances: this.instances, records: new Map() }), given, this.inputs).changes)
    } catch {
      return // what a command refuses changes nothing
    }
  }

  commit(changes: Changes): void {
    const { working, archive } = toRecords(changes, this.state)
    for (const key of working.remove) this.working.delete(key)
    for (const key of archive.remove) this.archive.delete(key)
    for (const [key, record] of working.put) this.working.set(key, JSON.parse(JSON.stringify(record)) as JsonValue)
    for (const [key, record] of archive.put) this.archive.set(key, JSON.parse(JSON.stringify(record)) as JsonValue)
    this.state.apply(changes)
    for (const changed of changes.instances.values()) this.instances.set(changed.name, changed)
  }
}

function summary(view: View): JsonValue {
  const tasks = view.tasks().map(({ name, revision }) => {
    const { count, warnings, errors } = view.counters(name)
    return [name, revision, count, warnings, errors, view.unresolved(name)]
  })
  return JSON.parse(JSON.stringify([view.session, tasks, [...view.firedTriggers()].sort()])) as JsonValue
}

describe('any row of commands', () => {
  it('keeps every invariant', () => {
    fc.assert(
      fc.property(rows(40), (commands) => {
        const model = new Model()
        for (const given of commands) model.do(given)
        const resolved = [...model.instances.values()].filter(({ name }) => model.state.instance(name) === undefined)
        expect(violations(model.state, resolved)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('leaves records from which the very same state is read', () => {
    fc.assert(
      fc.property(rows(40), (commands) => {
        const model = new Model()
        for (const given of commands) model.do(given)
        expect(summary(fromRecords(model.working))).toEqual(summary(model.state))
        for (const key of model.working.keys()) expect(model.archive.has(key)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('comes to the same on one draft as one after the other, whatever is refused in between', () => {
    fc.assert(
      fc.property(rows(30), fc.array(command, { maxLength: 10 }), (before, group) => {
        const [apart, together] = [new Model(), new Model()]
        for (const given of before) for (const model of [apart, together]) model.do(given)
        for (const given of group) apart.do(given)
        const draft = new Draft(together.state, { instances: new Map(together.instances), records: new Map() })
        for (const given of group) {
          try {
            advance(draft, given, together.inputs)
          } catch {
            continue
          }
        }
        together.commit(draft.changes)
        expect(summary(together.state)).toEqual(summary(apart.state))
        expect(together.working).toEqual(apart.working)
      }),
      { numRuns: 300 },
    )
  })

  it('never needs to look at an instance that a firing does not concern', () => {
    fc.assert(
      fc.property(rows(40), fc.constantFrom(...TRIGGERS), (commands, trigger) => {
        const model = new Model()
        for (const given of commands) model.do(given)
        for (const task of model.state.tasksUsing(trigger)) {
          const concerned = new Set(model.state.concerned(task, trigger).map(({ name }) => name))
          const others = [...model.instances.values()].filter(({ name, ...other }) => other.task === task.name && other.status === 'unstarted' && !concerned.has(name))
          for (const other of others) expect(wouldChange(other, task.configuration, trigger), other.name).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** The rule without an index (recorded: 6.2, steps 1 and 4): whether a firing gives the instance something, or finds it ripe. */
function wouldChange({ firings, replacement, abandonState }: Instance, { after, unless }: TaskConfiguration, trigger: string): boolean {
  const has = (name: string): boolean => firings.some(([own]) => own === name) || (replacement?.triggers.includes(name) ?? false)
  const gets = after.includes(trigger) && !has(trigger)
  const counts = unless.includes(trigger) && !abandonState.includes(trigger)
  const abandoned = unless.length > 0 && unless.every((name) => abandonState.includes(name))
  return gets || counts || abandoned || after.every(has)
}
