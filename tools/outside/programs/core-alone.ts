// The state machine by itself: no storage, no runner, no promise. Time and ids come in with each command.
import { SessionState, transition, type Command, type Inputs } from '@triggerkit/core'

let lastId = 0
const inputs: Inputs = {
  now: 0,
  ids: () => `firing-${(lastId += 1)}`,
  owner: null,
  runners: { default: 'elsewhere', get: () => ({ accepts: () => 'yes', delays: true, durable: true }) },
  manager: 'default',
  unresolvedLogs: 40,
}
const join = { after: ['left', 'right'], andEvery: null, unless: [], withParams: {}, run: 'join', using: null, extras: {} }
const commands: readonly Command[] = [
  { type: 'configure', tasks: [['t_join', join]], catchUp: true },
  { type: 'fire', trigger: 'right', kwargs: {} },
  { type: 'fire', trigger: 'left', kwargs: {} },
]

const state = new SessionState()
for (const command of commands) {
  const { changes, effects } = transition(state, command, inputs)
  state.apply(changes)
  console.log(command.type, effects.map(({ type, instance }) => `${type} ${instance}`).join())
}
