import type { JsonObject } from '@triggerkit/contracts'
import { assign, setup } from 'xstate'

import type { EventName } from './node/peer.js'

interface JoinEvent {
  readonly type: EventName
  readonly kwargs: JsonObject
}

/** The join of two events as a machine of XState's: two parallel regions, and the kwargs kept. */
export const joinMachine = setup({
  types: { context: {} as { kwargs: Record<string, JsonObject> }, events: {} as JoinEvent },
  actions: { keep: assign({ kwargs: ({ context, event }) => ({ ...context.kwargs, [event.type]: event.kwargs }) }) },
}).createMachine({
  type: 'parallel',
  context: { kwargs: {} },
  states: {
    a: { initial: 'wait', states: { wait: { on: { A: { target: 'got', actions: 'keep' } } }, got: { type: 'final' } } },
    b: { initial: 'wait', states: { wait: { on: { B: { target: 'got', actions: 'keep' } } }, got: { type: 'final' } } },
  },
})
