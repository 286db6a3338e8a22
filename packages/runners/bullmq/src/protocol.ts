import { TriggerkitError } from '@triggerkit/contracts'
import type { ErrorRecord, ExecutionReport, Job } from '@triggerkit/contracts'
import { RATE_LIMIT_ERROR } from 'bullmq'

/*
 * A job as BullMQ keeps it: its id is the engine's, its name the task function's, its data the other names, as a dashboard
 * shows them. No payload is in it.
 */

/** A job's names, without its id: that is BullMQ's, too. */
export type JobData = Omit<Job, 'id'>

/** What a job that came to its end returns to BullMQ. */
export interface JobResult {
  readonly outcome: Exclude<ExecutionReport['outcome'], 'failed'>
}

const TEXTS = ['storage', 'manager', 'uid', 'incarnation', 'instance', 'task', 'run', 'runner'] as const

/** @throws `InvalidArgument` for an id that BullMQ refuses, or replaces by one of its own, so that a repeated hand-over were a new job */
export function toJobData({ id, ...names }: Job): JobData {
  if (!/^[A-Za-z][\w-]*$/.test(id)) {
    const message = `BullMQ can't keep a job by the id ${JSON.stringify(id)}: give one of letters, digits and '-' that begins with a letter.`
    throw new TriggerkitError('InvalidArgument', message, { details: { job: id, instance: names.instance } })
  }
  return names
}

/** @throws `UnsupportedFormat` for what is no job of Triggerkit's */
export function toJob(id: string | undefined, data: unknown): Job {
  const names = data as JobData | null
  const numbers = typeof names?.round === 'number' && typeof names.attempt === 'number'
  const isJob = numbers && TEXTS.every((name) => typeof names[name] === 'string') && (names.notBefore === null || typeof names.notBefore === 'number')
  if (id === undefined || !isJob) {
    const message = `The job ${JSON.stringify(id)} is not one of Triggerkit's. Give Triggerkit its own queue, and use the same release in all processes.`
    throw new TriggerkitError('UnsupportedFormat', message, { details: { job: id } })
  }
  return { ...names, id }
}

/** A failed task as the error by which BullMQ fails the job. Its name stays `Error`: some names tell BullMQ to do something else. */
export function toJobError({ type, message, stack }: ErrorRecord): Error {
  const error = new Error(message === RATE_LIMIT_ERROR ? `${type}: ${message}` : message)
  if (stack !== null) error.stack = stack
  return error
}
