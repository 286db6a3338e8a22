// Two copies of every package in one program, as npm installs them where two libraries want different releases. `second` resolves
// from a folder with a node_modules of its own.
import { createRequire } from 'node:module'

import type * as contracts from '@triggerkit/contracts'
import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type * as engine from '@triggerkit/engine'
import { createTriggers, defineTask } from '@triggerkit/engine'
import { createRegistries } from '@triggerkit/registry'
import type * as inline from '@triggerkit/runners-inline'
import { inlineRunner } from '@triggerkit/runners-inline'
import type * as memory from '@triggerkit/storage-memory'
import { memoryStorageDescriptor, MemoryStore } from '@triggerkit/storage-memory'

const require = createRequire(new URL('./second/index.js', import.meta.url))
const second = {
  contracts: require('@triggerkit/contracts') as typeof contracts,
  engine: require('@triggerkit/engine') as typeof engine,
  inline: require('@triggerkit/runners-inline') as typeof inline,
  memory: require('@triggerkit/storage-memory') as typeof memory,
}

const foreign = new second.contracts.TriggerkitError('Closed', 'made by the second copy')
console.log('one class:', foreign instanceof TriggerkitError, 'one brand:', isTriggerkitError(foreign, 'Closed'))

const { storages } = createRegistries([[memoryStorageDescriptor], [second.memory.memoryStorageDescriptor]])
console.log('storages:', storages.keys().join())

// The first engine with the second copy's storage, runner and task.
const configuration = { t_join: { after: ['left', 'right'], run: 'join' } }
const mixed = createTriggers({
  storage: second.memory.memoryStorage({ maxSessions: 1 }),
  runners: { inline: second.inline.inlineRunner() },
  tasks: [second.engine.defineTask('join', () => ({ by: 'second' }))],
  configuration,
})
await mixed.start()
for (const trigger of ['right', 'left']) await mixed.manager('both').fire(trigger)
await mixed.settled('both')
console.log('mixed:', (await mixed.session('both').instance('t_join#0')).status)
const refused: unknown = await mixed.manager('one too many').fire('left').catch((error: unknown) => error)
console.log('refused:', isTriggerkitError(refused, 'StorageRefused'))
await mixed.close()

// Two engines over one store: each executes, each thing happens once.
const shared = new MemoryStore()
let runs = 0
const engines = [
  createTriggers({ ...embedded(), tasks: [defineTask('join', () => void (runs += 1))], configuration }),
  second.engine.createTriggers({ ...embedded(), tasks: [second.engine.defineTask('join', () => void (runs += 1))], configuration }),
]
await Promise.all(engines.map((engine) => engine.start()))
await Promise.all(engines.map((engine, place) => engine.manager('shared').fire(place === 0 ? 'left' : 'right')))
for (const engine of engines) {
  await engine.settled('shared')
  console.log('sees:', (await engine.session('shared').instance('t_join#0')).status)
}
console.log('runs:', runs)
await Promise.all(engines.map((engine) => engine.close()))

function embedded() {
  return { storage: storages.get('memory', { store: shared }), runners: { inline: inlineRunner() } }
}
