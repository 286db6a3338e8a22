import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'

import type { Settings } from './options.js'

const NO_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY'

/** Why an execution has no outcome whose thread has ended. */
export function lossOf(instance: string, reason: Error): Error {
  if (isTriggerkitError(reason, 'Closed')) return reason
  const message = `The thread that ran ${instance} ended before it did: ${causeOf(reason)}`
  return new TriggerkitError('ExecutionLost', message, { cause: reason, details: { instance } })
}

function causeOf(reason: Error): string {
  if ((reason as NodeJS.ErrnoException).code === NO_MEMORY) {
    return 'its memory limit was reached. Have the task take less at a time, or raise resourceLimits.'
  }
  if (isTriggerkitError(reason)) return `another task there was cut (${reason.message}) Set tasksPerThread to 1 to keep tasks apart.`
  return `${reason.message.replace(/\.?$/, '.')} Let tasks throw to fail, and leave ending a process to its own code.`
}

/** Why a thread never became ready. */
export function loadFailure({ modules }: Settings, reason: Error): Error {
  if (isTriggerkitError(reason)) return reason
  const message = `A thread ended while it imported the tasks' modules (${modules.join(', ')}): ${reason.message}`
  return new TriggerkitError('InvalidArgument', message, { cause: reason, details: { modules } })
}

export function loadedTooLong({ modules, loadLimit }: Settings): TriggerkitError {
  const message = `The tasks' modules (${modules.join(', ')}) were not imported within ${loadLimit} ms. Fix an import that never ends, or raise loadLimit.`
  return new TriggerkitError('TimeLimitExceeded', message, { details: { modules, loadLimit } })
}
