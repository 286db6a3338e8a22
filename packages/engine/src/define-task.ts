import { milliseconds, positiveMilliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Duration, Task } from '@triggerkit/contracts'
import { checkName } from '@triggerkit/config'
import { perform } from './perform.js'
import type { TaskContext } from './task-context.js'

/** How a failing task is retried automatically. */
export interface AutomaticRetry {
  /** The wait before the first retry. */
  readonly delay: Duration
  /** The factor by which the wait grows from one retry to the next. Default 2. */
  readonly factor?: number
  /** The longest wait. Default one hour, or the first wait if that is longer. */
  readonly maxDelay?: Duration
}

export interface TaskOptions {
  /**
   * How often the task may be retried. What counts is the instance's depth, so replays and clones use it up, too;
   * being run again after a crash doesn't. Default {@link DEFAULT_MAX_RETRIES}.
   */
  readonly maxRetries?: number
  /** How long a run may take before its signal is aborted and its instance fails with `TimeLimitExceeded`. Default: no limit. */
  readonly timeLimit?: Duration
  /** Retries whatever error the body throws, until `maxRetries` is reached; the instance then fails with that error. */
  readonly retry?: AutomaticRetry
}

/** How often a task may be retried by default. */
export const DEFAULT_MAX_RETRIES = 3

const DEFAULT_FACTOR = 2
const LONGEST_RETRY_DELAY = 3_600_000

/** A task's function: what it returns becomes the kwargs of its cascade. */
export type TaskBody = (context: TaskContext) => unknown

/** Options with defaults filled in, durations in milliseconds. */
export interface TaskSettings {
  readonly maxRetries: number
  /** The wait before the retry of an instance of that depth; `null` without automatic retries. */
  readonly retryDelay: ((depth: number) => number) | null
  /** What is made of a result before it is recorded. */
  readonly conform: Conform
}

/** Checks what a function returned for the task of that name, and gives what is to be recorded of it. */
type Conform = (returned: unknown, task: string) => unknown

/**
 * Defines a task function under the name that configurations use in `run`.
 * @throws `InvalidName`, `InvalidArgument`
 * @example `defineTask('app.importSubject', async ({ triggerKwargs }) => ({ id: await insert(triggerKwargs.page) }))`
 */
export function defineTask(name: string, body: TaskBody): Task
export function defineTask(name: string, options: TaskOptions | undefined, body: TaskBody): Task
export function defineTask(name: string, first: TaskOptions | TaskBody = {}, second?: TaskBody): Task {
  return typeof first === 'function' ? makeTask(name, {}, first) : makeTask(name, first, second)
}

/** As {@link defineTask}, with a check of the results. @throws `InvalidName`, `InvalidArgument` */
export function makeTask(name: string, options: TaskOptions, body: TaskBody | undefined, conform: Conform = (returned) => returned): Task {
  checkName('task function', name)
  if (typeof body !== 'function') throw invalid(name, 'its body must be a function')
  const settings = toSettings(name, options, conform)
  return {
    name,
    timeLimit: options.timeLimit === undefined ? null : positiveMilliseconds(options.timeLimit, 'timeLimit'),
    perform: (call, signal, port) => perform(body, settings, { call, signal, port }),
    performLazily: (run) => perform(body, settings, run),
  }
}

function toSettings(name: string, { maxRetries = DEFAULT_MAX_RETRIES, retry }: TaskOptions, conform: Conform): TaskSettings {
  const whole = Number.isInteger(maxRetries) || maxRetries === Infinity
  if (!whole || maxRetries < 0) throw invalid(name, 'maxRetries must be a whole number from 0 up')
  return { maxRetries, retryDelay: retry === undefined ? null : growing(name, retry), conform }
}

function growing(name: string, { delay, factor = DEFAULT_FACTOR, maxDelay }: AutomaticRetry): (depth: number) => number {
  const first = milliseconds(delay, 'retry.delay')
  const longest = maxDelay === undefined ? Math.max(first, LONGEST_RETRY_DELAY) : milliseconds(maxDelay, 'retry.maxDelay')
  if (longest < first) throw invalid(name, 'retry.maxDelay must not be shorter than retry.delay')
  if (!(factor >= 1)) throw invalid(name, 'retry.factor must be a number from 1 up')
  return (depth) => (first === 0 ? 0 : Math.min(first * factor ** depth, longest))
}

function invalid(name: string, fault: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `defineTask(${JSON.stringify(name)}): ${fault}.`, { details: { task: name } })
}
