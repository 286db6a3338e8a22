import { TriggerkitError } from '@triggerkit/contracts'
import type { TaskCall, TaskOutcome, TaskRun } from '@triggerkit/contracts'
import type { TaskBody, TaskSettings } from './define-task.js'
import { toErrorRecord } from './error-record.js'
import { isRequest, SkipThrown } from './requests.js'
import type { RetryThrown } from './requests.js'
import { createContext } from './task-context.js'
import type { OpenContext } from './task-context.js'

/** Runs a task's body and tells how it ended, as plain data. Never rejects. */
export async function perform(body: TaskBody, settings: TaskSettings, run: TaskRun): Promise<TaskOutcome> {
  const open = createContext(settings, run)
  let returned: unknown
  try {
    returned = await body(open.context)
  } catch (error) {
    return isRequest(error) ? request(error) : failure(error, settings, run.call, open)
  }
  if (isRequest(returned)) return request(returned)
  const logLevel = open.logLevel()
  try {
    if (open.requested()) throw notThrown(run.call)
    return { kind: 'finished', result: settings.conform(returned, run.call.task), logLevel }
  } catch (error) {
    // Not thrown by the body: there is nothing that a retry would mend.
    return { kind: 'failed', error: toErrorRecord(error), logLevel }
  }
}

function request(thrown: RetryThrown | SkipThrown): TaskOutcome {
  return thrown instanceof SkipThrown ? { kind: 'skip', metadata: thrown.metadata } : { kind: 'retry', ...thrown.request }
}

function failure(thrown: unknown, { maxRetries, retryDelay }: TaskSettings, { depth }: TaskCall, open: OpenContext): TaskOutcome {
  const error = toErrorRecord(thrown)
  if (retryDelay !== null && depth < maxRetries) {
    return { kind: 'retry', error, metadata: {}, replacementKwargs: null, cooldown: retryDelay(depth) }
  }
  return { kind: 'failed', error, metadata: open.refusedMetadata(thrown), logLevel: open.logLevel() }
}

function notThrown({ instance }: TaskCall): TriggerkitError {
  const message = `${instance} made a retry or skip but neither threw nor returned it. Write "throw context.retry({…})".`
  return new TriggerkitError('RequestNotThrown', message, { details: { instance } })
}
