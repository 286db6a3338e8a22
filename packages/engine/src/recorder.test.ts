import type { Records } from '@triggerkit/contracts'
import { Draft, fromRecords, SessionState, transition } from '@triggerkit/core'
import type { Inputs, Instance, SessionState as State } from '@triggerkit/core'
import { inlineRunner } from '@triggerkit/runners-inline'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { World } from './fakes/world.js'
import { defineTask, TriggerManager } from './index.js'
import type { ManagerClass, RecordedChange, TriggersOptions } from './index.js'

class Counting extends TriggerManager {
  static override readonly react: NonNullable<ManagerClass['react']> = (events) =>
    events.some((event) => event.type === 'fired' && event.trigger === 'a') ? [{ type: 'fire', trigger: 'reaction', kwargs: {} }] : []
}

const configuration = {
  t_every: { after: ['a'], andEvery: 'b', run: 'app.task' },
  t_once: { after: ['a', 'b'], unless: ['c'], run: 'app.task' },
  t_next: { after: ['t_every'], run: 'app.task' },
}

/** The commands of the recorded changes that were committed, once more through the pure core. */
function fold(changes: readonly RecordedChange[]): { readonly state: State; readonly resolved: ReadonlyMap<string, Instance> } {
  const state = new SessionState()
  const resolved = new Map<string, Instance>()
  for (const { commands } of changes) {
    const group = new Draft(state, { instances: resolved, records: new Map() })
    for (const { command, now, owner, manager, ids } of commands) {
      const left = [...ids]
      const runners = { default: 'inline', get: () => ({ durable: false, delays: true, accepts: () => 'yes' as const }) }
      const inputs: Inputs = { now, ids: () => left.shift() as string, owner, runners, manager, unresolvedLogs: 40 }
      group.absorb(transition(group, command, inputs).changes)
    }
    state.apply(group.changes)
    for (const instance of group.changes.instances.values()) resolved.set(instance.name, instance)
  }
  return { state, resolved }
}

/** All that a state holds. */
function contentOf(state: State) {
  return {
    session: state.session,
    tasks: state.tasks().map((task) => {
      const { count, warnings, errors } = state.counters(task.name)
      return { task, count, warnings, errors, unresolved: state.unresolved(task.name) }
    }),
    latest: [...state.firedTriggers()].sort().map((trigger) => [trigger, state.latestFiring(trigger)]),
    inFlight: state.inFlight().map(({ name }) => name).sort(),
  }
}

describe('a recorder', () => {
  it('is offered enough to fold the stored session again from the committed changes', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('fire' as const), by: fc.nat(1), trigger: fc.constantFrom('a', 'b', 'c') }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('clone' as const), by: fc.nat(1), number: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('set' as const), by: fc.nat(1), number: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), time: fc.nat(3_000) }) },
    )
    await fc.assert(fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), foldsToWhatIsStored), { numRuns: 60 })
  }, 60_000)

  it('is not offered the default configuration for work that leaves the session without one', async () => {
    const changes: RecordedChange[] = []
    const world = new World({ open: (now) => memoryStorage({ now }), runner: () => inlineRunner() })
    const { triggers } = world.process({ configuration, recorder: { record: (change) => void changes.push(change) } })
    const manager = triggers.manager('s')

    await Promise.all([manager.transaction(() => 'nothing'), manager.fire('a')])

    expect(changes.flatMap(({ commands }) => commands.map(({ command }) => command.type))).toEqual(['configure', 'fire'])
    expect((await manager.task('t_every')).revision).toBe(fold(changes).state.task('t_every')?.revision)
  })

  it('that throws is told of, and hinders nothing', async () => {
    const world = new World({ open: (now) => memoryStorage({ now }), runner: () => inlineRunner() })
    const recorder = {
      record: () => {
        throw new Error('The disk is full.')
      },
    }
    const { triggers, logger } = world.process({ recorder })

    const { duplicate } = await triggers.manager('s').fire('a')

    expect(duplicate).toBe(false)
    expect(logger.alarms).toContain('The recorder failed; the change is committed all the same.')
  })
})

type Step =
  | { readonly do: 'fire'; readonly by: number; readonly trigger: string }
  | { readonly do: 'clone' | 'set'; readonly by: number; readonly number: number }
  | { readonly do: 'pass'; readonly time: number }

async function foldsToWhatIsStored(history: readonly (readonly Step[])[]): Promise<void> {
  const store = new MemoryStore()
  const world = new World({ open: (now) => memoryStorage({ store, now }), runner: () => inlineRunner() })
  const recorded = new Map<string, RecordedChange>()
  const recorder = { record: (change: RecordedChange) => void recorded.set(change.commitId, change) }
  const task = defineTask('app.task', ({ instance }) => {
    if (instance.endsWith('1')) throw new Error('Every second one fails.')
  })
  const options: Partial<TriggersOptions> = { tasks: [task], recorder, managers: { counting: Counting }, manager: 'counting' }
  const processes = [await world.started(options), await world.started(options)]
  const managers = processes.map(({ triggers }) => triggers.manager('s'))
  await managers[0]?.updateConfiguration(configuration)

  for (const steps of history) {
    const done = steps.map(async (step) => {
      if (step.do === 'pass') return world.clock.advance(step.time)
      const manager = managers[step.by] as TriggerManager
      if (step.do === 'fire') return manager.fire(step.trigger)
      if (step.do === 'clone') return manager.cloneInstance(`t_every#${step.number}`)
      return manager.updateInstanceStatus(`t_every#${step.number}`, 'finished', { cascade: true })
    })
    await Promise.allSettled(done)
  }
  await world.settle()

  const committed = processes
    .flatMap(({ storage }) => storage.committed)
    .map(({ change }) => change)
    .sort((left, right) => left.expect.number - right.expect.number)
  const stored = (await memoryStorage({ store, now: () => world.now() }).load('s')).session?.working as Records
  const { state } = fold(committed.map(({ commitId }) => recorded.get(commitId) as RecordedChange))
  expect(committed.map(({ expect: { number } }) => number)).toEqual(committed.map((_, n) => n))
  expect(contentOf(state)).toEqual(contentOf(fromRecords(stored)))
}
