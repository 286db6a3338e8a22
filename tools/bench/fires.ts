import type { Storage } from '@triggerkit/contracts'
import { createTriggers } from '@triggerkit/engine'
import type { TriggerManager, Triggers } from '@triggerkit/engine'

import { inLanes } from './measure.js'
import type { Variant } from './measure.js'
import { QueueOnly } from './queue-only.js'

const CONFIGURATION = { t_join: { after: ['A', 'B'], run: 'noop' } }
const KWARGS = { a: 1, s: 'hello' }

/** An application on that storage whose jobs nobody executes. */
export function applicationOn(storage: Storage): Triggers {
  return createTriggers({ storage, runners: { queue: new QueueOnly() }, configuration: CONFIGURATION })
}

let runs = 0

/** Sessions in which the first of two triggers has fired, by name. */
async function halfway(triggers: Triggers, count: number): Promise<readonly string[]> {
  const run = (runs += 1)
  const uids = Array.from({ length: count }, (_, index) => `fire-${run}-${index}`)
  for (let done = 0; done < count; done += 64) await Promise.all(uids.slice(done, done + 64).map((uid) => triggers.manager(uid).fire('B', KWARGS)))
  return uids
}

async function join(manager: TriggerManager): Promise<void> {
  const { scheduled } = await manager.fire('A', KWARGS)
  if (scheduled.length !== 1) throw new Error('The fire scheduled nothing.')
}

/** The fire that completes a join in a session that the process knows already, one at a time. */
export function warmFire(triggers: Triggers): Variant {
  return {
    name: 'fire, warm',
    async prepare(count) {
      const uids = await halfway(triggers, count)
      return (index) => join(triggers.manager(uids[index] as string))
    },
  }
}

/** The same in sessions that the process has not seen yet: it loads, then commits. */
export function coldFire(triggers: Triggers, other: Triggers): Variant {
  return {
    name: 'fire, cold',
    async prepare(count) {
      const uids = await halfway(other, count)
      return (index) => join(triggers.manager(uids[index] as string))
    },
  }
}

/**
 * `each` fires in each of so many lanes, every one in a session of its own. A process keeps a thousand sessions at hand:
 * those of one slice fit into a new application, and beside those of the slice before they would not.
 * @param open - makes an application
 * @param known - whether the application that fires has seen the sessions already
 */
export function firesTogether(open: () => Triggers, lanes: number, each: number, known = true): Variant & { close(): Promise<void> } {
  let opened: readonly Triggers[] = []
  const close = async (): Promise<void> => void (await Promise.all(opened.map((triggers) => triggers.close())))
  return {
    name: `fire ×${lanes}, ${known ? 'warm' : 'cold'}`,
    async prepare() {
      await close()
      const triggers = open()
      const warmedBy = known ? triggers : open()
      opened = [...new Set([triggers, warmedBy])]
      await triggers.manager('anybody').fire('B')
      const uids = await halfway(warmedBy, lanes * each)
      return () => inLanes(lanes, each, (lane, turn) => join(triggers.manager(uids[turn * lanes + lane] as string)))
    },
    close,
  }
}

/** So many fires at once in one session. */
export function hotSession(managers: readonly TriggerManager[], lanes: number): Variant {
  return {
    name: `hot session ×${lanes}`,
    prepare: () => async () => {
      await Promise.all(Array.from({ length: lanes }, (_, lane) => (managers[lane % managers.length] as TriggerManager).fire('B', KWARGS)))
    },
  }
}

/** The fire that creates and schedules an instance, beside so many finished ones. */
export async function fireBeside(triggers: Triggers, count: number): Promise<Variant & { readonly uid: string }> {
  const manager = triggers.manager(`beside-${count}-${(runs += 1)}`)
  await manager.updateConfiguration({ t_each: { after: [], andEvery: 'page', run: 'noop' } })
  for (let done = 0; done < count; done += 250) {
    await manager.transaction((transaction) => {
      for (let number = done; number < Math.min(done + 250, count); number += 1) {
        transaction.updateInstanceStatus(transaction.createInstance('t_each').instance, 'skipped')
      }
    })
  }
  return { name: `fire beside ${count}`, uid: manager.uid, prepare: () => () => page(manager) }
}

async function page(manager: TriggerManager): Promise<void> {
  const { scheduled } = await manager.fire('page', KWARGS)
  if (scheduled.length !== 1) throw new Error('The fire scheduled nothing.')
}

/**
 * Such a fire in that session, each by an application that has not seen it yet.
 * @param open - makes an application that need not connect
 */
export function coldFireBeside(open: () => Triggers, uid: string): Variant & { close(): Promise<void> } {
  let opened: Triggers[] = []
  const close = async (): Promise<void> => void (await Promise.all(opened.splice(0).map((triggers) => triggers.close())))
  return {
    name: `cold fire in ${uid}`,
    async prepare(count) {
      await close()
      opened = Array.from({ length: count }, open)
      // Its first call looks at the server.
      await Promise.all(opened.map((triggers, index) => triggers.manager(`${uid}-${index}`).fire('B', KWARGS)))
      return (index) => page((opened[index] as Triggers).manager(uid))
    },
    close,
  }
}
