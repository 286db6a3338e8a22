import type { Change, Storage, TaskConfiguration } from '@triggerkit/contracts'
import { Draft, toRecords, transition } from '@triggerkit/core'
import type { Command, SessionState } from '@triggerkit/core'
import { createTriggers } from '@triggerkit/engine'
import type { TriggerManager } from '@triggerkit/engine'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'

import type { Variant } from '../measure.js'
import { QueueOnly } from '../queue-only.js'
import { plainInputs, stateAfter } from './join.js'

function task(after: readonly string[], andEvery: string): TaskConfiguration {
  return { after: [...after, andEvery], andEvery, unless: [], withParams: {}, run: 'noop', using: null, extras: {} }
}

/** What lies beside the instance that a measured fire creates and schedules. */
export type Beside = 'resolved' | 'unstarted'

const TASKS = [
  ['t_page', task([], 'page')],
  ['t_other', task(['never'], 'other')],
] as const

// Resolved instances are skipped ones of the very task that is fired; the unstarted wait for a trigger that never comes.
function commands(beside: Beside, count: number): readonly Command[] {
  const configure: Command = { type: 'configure', tasks: TASKS, catchUp: true }
  const each = Array.from({ length: count }, (_, number): readonly Command[] =>
    beside === 'unstarted'
      ? [{ type: 'fire', trigger: 'other', kwargs: {} }]
      : [
          { type: 'create', task: 't_page', values: {} },
          { type: 'setStatus', instance: `t_page#${number}`, status: 'skipped', metadata: {}, cascade: false, cascadeKwargs: {} },
        ],
  )
  return [configure, ...each.flat()]
}

/** The pure fire, with the records that it means, beside so many instances; the state is not advanced. */
export function pureFire(beside: Beside, count: number): Variant {
  const inputs = plainInputs()
  let state: SessionState | null = null
  return {
    name: `pure fire beside ${count} ${beside}`,
    prepare() {
      const prepared = (state ??= stateAfter(commands(beside, count), inputs))
      return () => {
        const { changes } = transition(new Draft(prepared), { type: 'fire', trigger: 'page', kwargs: { page: 1 } }, inputs)
        if (toRecords(changes, prepared).working.put.size === 0) throw new Error('The fire changed nothing.')
      }
    },
  }
}

/** The whole `await fire()` on memory storage beside so many instances. */
export async function wholeFire(beside: Beside, count: number, spy?: (change: Change) => void): Promise<Variant> {
  const storage = memoryStorage()
  const triggers = createTriggers({ storage: spy === undefined ? storage : spied(storage, spy), runners: { queue: new QueueOnly() } })
  const manager = triggers.manager('growing')
  await manager.updateConfiguration({ t_page: { after: [], andEvery: 'page', run: 'noop' }, t_other: { after: ['never'], andEvery: 'other', run: 'noop' } })
  await fill(manager, beside, count)
  return {
    name: `await fire() beside ${count} ${beside}`,
    prepare: () => async () => {
      const { scheduled } = await manager.fire('page', { page: 1 })
      if (scheduled.length !== 1) throw new Error('The fire scheduled nothing.')
    },
  }
}

async function fill(manager: TriggerManager, beside: Beside, count: number): Promise<void> {
  const GROUP = 500
  for (let done = 0; done < count; done += GROUP) {
    await manager.transaction((transaction) => {
      for (let number = done; number < Math.min(done + GROUP, count); number += 1) {
        if (beside === 'unstarted') transaction.fire('other')
        else transaction.updateInstanceStatus(transaction.createInstance('t_page').instance, 'skipped')
      }
    })
  }
}

function spied(storage: Storage, spy: (change: Change) => void): Storage {
  return new Proxy(storage, {
    get(target, member) {
      const value = Reflect.get(target, member) as unknown
      if (typeof value !== 'function') return value
      return (...args: readonly unknown[]) => {
        if (member === 'commit') spy(args[1] as Change)
        return Reflect.apply(value as (...given: readonly unknown[]) => unknown, target, args)
      }
    },
  })
}

/** How many bytes a fire writes beside so many instances: keys and records of its change. */
export async function bytesOfFire(beside: Beside, count: number): Promise<number> {
  let bytes = 0
  const variant = await wholeFire(beside, count, ({ working, archive }) => {
    bytes = [...working.put, ...archive.put].reduce((sum, [key, record]) => sum + key.length + JSON.stringify(record).length, 0)
  })
  await (await variant.prepare(1))(0)
  return bytes
}

/** How many bytes memory storage needs for so many instances that share one payload. */
export async function bytesOfShared(instances: number, payloadBytes: number): Promise<number> {
  const store = new MemoryStore()
  const triggers = createTriggers({ storage: memoryStorage({ store }), runners: { queue: new QueueOnly() } })
  const manager = triggers.manager('sharing')
  await manager.updateConfiguration({ t_each: { after: ['shared'], andEvery: 'page', run: 'noop' } })
  await manager.fire('shared', { text: 'x'.repeat(payloadBytes) })
  for (let count = 0; count < instances; count += 1) await manager.fire('page')
  return store.bytes
}
