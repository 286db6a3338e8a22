import { defineTask } from '@triggerkit/engine'
import type { TaskContext } from '@triggerkit/engine'

/** Milliseconds that a task has between the word that it is amid its work and its end: time enough for a fault to strike. */
const AMID = 40
const COOLDOWN = 100

/** Logs, which tells the page that the task is amid its work, and goes on for a while. */
async function work({ instance, withLogger }: TaskContext): Promise<{ readonly by: string }> {
  await withLogger({}, (logger) => logger.info('Amid the work.'))
  await new Promise((resolve) => setTimeout(resolve, AMID))
  return { by: instance }
}

/** What the sessions of the fault runs execute. */
export const tasks = [
  defineTask('faults.work', work),
  defineTask('faults.retry', async (context) => {
    const result = await work(context)
    if (context.depth === 0) throw context.retry({ cooldown: COOLDOWN })
    return result
  }),
  defineTask('faults.fire', async (context) => {
    await context.manager.fire('extra', { by: context.instance })
    return work(context)
  }),
  defineTask('faults.fail', async (context) => {
    const { by } = await work(context)
    throw new Error(`${by} fails.`)
  }),
]
