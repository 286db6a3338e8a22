import type { JsonObject, Task } from '@triggerkit/contracts'
import type { TaskContext } from '@triggerkit/engine'

import type { Behaviour } from './configurations.js'
import type { Network } from './network.js'
import type { Life } from './scheduler.js'
import type { System } from './system.js'

/** So many cascades and own firings may follow upon each other; beyond, tasks fire nothing more. */
const MAX_HOPS = 3

/** The function that some tasks name and nobody has. */
export const MISSING = 'app.missing'

/** Told when a body begins: the proof that code ran. */
export type Ran = (uid: string, instance: string) => void

/** The task functions of all plans, with and without a time limit: what they do is data in the task's configuration. */
export function tasksFor(system: System, life: Life, network: Network, ran: Ran): readonly Task[] {
  const body = async (context: TaskContext): Promise<unknown> => {
    ran(context.uid, context.instance)
    const behaviour = context.extras['behaviour'] as unknown as Behaviour
    await network.pause(life, 'task', behaviour.think)
    await fireOthers(context, behaviour)
    return end(context, behaviour)
  }
  return [system.defineTask('app.work', { maxRetries: 4 }, body), system.defineTask('app.hurried', { maxRetries: 4, timeLimit: 2_500 }, body)]
}

async function fireOthers(context: TaskContext, { fires, together }: Behaviour): Promise<void> {
  const hops = hopsOf(context)
  if (hops >= MAX_HOPS || fires.length === 0) return
  const kwargs = (trigger: string): JsonObject => ({ by: context.instance, trigger, hops: hops + 1 })
  if (!together) for (const trigger of fires) await context.manager.fire(trigger, kwargs(trigger))
  else {
    await context.manager.transaction((transaction) => {
      for (const trigger of fires) transaction.fire(trigger, kwargs(trigger))
    })
  }
}

/** How many cascades and own firings led here. */
function hopsOf({ triggerKwargs }: TaskContext): number {
  return Math.max(0, ...Object.values(triggerKwargs).map(({ hops }) => (typeof hops === 'number' ? hops : 0)))
}

function end(context: TaskContext, { end: way, retries, cooldown }: Behaviour): unknown {
  const { depth, instance } = context
  if (way === 'retry' && depth < retries) throw context.retry({ cooldown, metadata: { given: 'up' } })
  if (way === 'fail' || (way === 'fail once' && depth === 0)) throw new Error(`${instance} fails.`)
  if (way === 'skip') throw context.skip({ wanted: false })
  if (way === 'bad result') return 'no object'
  if (way === 'log') return context.withLogger({}, (logger) => logged(context, () => logger.error('Something is odd.')))
  return { by: instance, hops: hopsOf(context) + 1 }
}

function logged(context: TaskContext, log: () => void): JsonObject {
  log()
  return { by: context.instance, hops: hopsOf(context) + 1 }
}
