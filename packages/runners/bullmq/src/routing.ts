import { TriggerkitError } from '@triggerkit/contracts'
import type { Job, JsonObject } from '@triggerkit/contracts'

import type { Settings } from './options.js'

/**
 * The queue of a job: as `route` says, else as `queues` says of its task, else the default one.
 * @throws `InvalidArgument` for a queue that the runner doesn't have: nobody would execute the job there
 */
export function queueOf({ queue, queues, queueByTask, route }: Settings, job: Job, extras: JsonObject): string {
  const routed = typeof route === 'function' ? route(job, extras) : directive(extras, route)
  const chosen = routed ?? queueByTask.get(job.task) ?? queue
  if (queues.includes(chosen)) return chosen
  const message = `${job.task} is routed to the queue ${JSON.stringify(chosen)}, which the runner '${job.runner}' doesn't have. It has ${queues.join(', ')}.`
  throw new TriggerkitError('InvalidArgument', message, { details: { task: job.task, queue: chosen, queues } })
}

function directive(extras: JsonObject, name: string | null): string | undefined {
  const value = name !== null && Object.hasOwn(extras, name) ? extras[name] : undefined
  return typeof value === 'string' ? value : undefined
}
