import type { TaskConfiguration } from '@triggerkit/contracts'
import { Draft, SessionState, transition } from '@triggerkit/core'
import type { Command, Inputs } from '@triggerkit/core'
import { createTriggers } from '@triggerkit/engine'
import type { TriggerManager } from '@triggerkit/engine'
import { memoryStorage } from '@triggerkit/storage-memory'
import { getInitialSnapshot, transition as transitionMachine } from 'xstate'

import { joinMachine } from '../join-machine.js'
import type { Variant } from '../measure.js'
import { QueueOnly } from '../queue-only.js'

/*
 * The join that everything is measured by: events B, then A, on a fresh session, their kwargs kept; then the task is ready.
 */
const KWARGS_A = { a: 1, s: 'hello' }
const KWARGS_B = { b: 2, s: 'world' }

const JOIN: TaskConfiguration = { after: ['A', 'B'], andEvery: null, unless: [], withParams: {}, run: 'noop', using: null, extras: {} }

/** Inputs whose ids only count, for transitions outside an engine. */
export function plainInputs(): Inputs {
  let count = 0
  const accepts = (): 'yes' => 'yes'
  return {
    now: 1_700_000_000_000,
    ids: () => `bench-${(count += 1)}`,
    owner: 'bench',
    runners: { default: 'queue', get: () => ({ durable: true, delays: true, accepts }) },
    manager: 'default',
    unresolvedLogs: 40,
  }
}

/** A state after these commands. */
export function stateAfter(commands: readonly Command[], inputs: Inputs): SessionState {
  const state = new SessionState()
  for (const command of commands) state.apply(transition(state, command, inputs).changes)
  return state
}

/** The pure transition: two fires, the second laid over what the first changed. */
export const pureJoin: Variant = {
  name: 'pure transition',
  prepare() {
    const inputs = plainInputs()
    const state = stateAfter([{ type: 'configure', tasks: [['t_join', JOIN]], catchUp: true }], inputs)
    return () => {
      const draft = new Draft(state)
      draft.absorb(transition(draft, { type: 'fire', trigger: 'B', kwargs: KWARGS_B }, inputs).changes)
      const { effects } = transition(draft, { type: 'fire', trigger: 'A', kwargs: KWARGS_A }, inputs)
      if (effects.length !== 1) throw new Error('The join did not schedule its task.')
    }
  },
}

/** The whole `await fire()` on memory storage, twice: it ends with the job in the runner's queue. */
export function wholeJoin(): Variant {
  const runner = new QueueOnly()
  const triggers = createTriggers({ storage: memoryStorage(), runners: { queue: runner } })
  let sessions = 0
  const configured = async (): Promise<TriggerManager> => {
    const manager = triggers.manager(`join-${(sessions += 1)}`)
    await manager.updateConfiguration({ t_join: { after: ['A', 'B'], run: 'noop' } })
    return manager
  }
  return {
    name: 'await fire()',
    async prepare(count) {
      const managers: TriggerManager[] = []
      for (let index = 0; index < count; index += 1) managers.push(await configured())
      return async (index) => {
        const manager = managers[index] as TriggerManager
        await manager.fire('B', KWARGS_B)
        const { scheduled } = await manager.fire('A', KWARGS_A)
        if (scheduled.length !== 1) throw new Error('The join did not schedule its task.')
      }
    },
  }
}

/** XState's pure `transition` on a machine with two parallel regions that keeps the kwargs; no storage, no dispatch. */
export const machineJoin: Variant = {
  name: 'XState transition()',
  prepare() {
    const initial = getInitialSnapshot(joinMachine)
    return () => {
      const [first] = transitionMachine(joinMachine, initial, { type: 'B', kwargs: KWARGS_B })
      const [second] = transitionMachine(joinMachine, first, { type: 'A', kwargs: KWARGS_A })
      if (second.status !== 'done') throw new Error('The machine did not join.')
    }
  },
}
