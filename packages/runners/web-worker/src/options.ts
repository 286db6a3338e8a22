import { milliseconds, positiveMilliseconds, TriggerkitError, type Duration } from '@triggerkit/contracts'

/** A worker takes what the page leaves it; more of them than this rarely make anything faster. */
const MOST_WORKERS_BY_DEFAULT = 4

export interface WebWorkerRunnerOptions {
  /**
   * Makes a new worker each time: `() => new Worker(new URL('./tasks.worker.js', import.meta.url), { type: 'module' })`. Written
   * out in the application, so that every bundler finds the file. The file calls `exposeTasks`.
   */
  readonly spawn: () => Worker
  /** The maximum number of workers; they are made when they are needed. Default: one less than the machine has cores, 1 to 4. */
  readonly workers?: number
  /**
   * How many tasks run at once in one worker. More than one suits tasks that wait more than they compute: where one of them must
   * be stopped by force, those beside it are lost. Default: 1.
   */
  readonly tasksPerWorker?: number
  /** How long a run may take, for tasks that set no `timeLimit` themselves. Default: no limit. */
  readonly timeLimit?: Duration
  /** How long a task that was told to stop may go on before its worker is terminated. Default: 1 s. */
  readonly grace?: Duration
  /** How long a new worker may take before it has called `exposeTasks`. Default: 10 s. */
  readonly loadLimit?: Duration
  /** How many ended jobs are remembered by id, so that a job that is handed over again is not run again. Default: 10,000. */
  readonly remember?: number
  /** The runner's name in `using`. Default: `web-worker`. */
  readonly key?: string
}

/** Options with every default filled in, durations in milliseconds; `timeLimit` is `null` for none. */
export interface Settings {
  readonly spawn: () => Worker
  readonly workers: number
  readonly tasksPerWorker: number
  readonly timeLimit: number | null
  readonly grace: number
  readonly loadLimit: number
  readonly remember: number
  readonly key: string
}

/** @throws `InvalidArgument` for invalid numbers and durations, a `spawn` that is not a function, and an empty key */
export function toSettings(options: WebWorkerRunnerOptions): Settings {
  const { spawn, workers = defaultWorkers(), tasksPerWorker = 1, timeLimit, remember = 10_000, key = 'web-worker' } = options
  if (typeof spawn !== 'function') throw invalid('spawn', spawn, 'give a function that makes a new Worker each time')
  assertWhole('workers', workers, 1)
  assertWhole('tasksPerWorker', tasksPerWorker, 1)
  assertWhole('remember', remember, 0)
  if (typeof key !== 'string' || key === '') throw invalid('key', key, 'give a non-empty string')
  return {
    spawn,
    workers,
    tasksPerWorker,
    timeLimit: timeLimit === undefined ? null : positiveMilliseconds(timeLimit, 'timeLimit'),
    grace: milliseconds(options.grace ?? '1s', 'grace'),
    loadLimit: positiveMilliseconds(options.loadLimit ?? '10s', 'loadLimit'),
    remember,
    key,
  }
}

function defaultWorkers(): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1
  return Math.min(Math.max(cores - 1, 1), MOST_WORKERS_BY_DEFAULT)
}

function assertWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw invalid(name, value, `give a whole number from ${least} up`)
}

function invalid(name: string, value: unknown, advice: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `web worker runner, ${name}: ${String(value)} is invalid; ${advice}.`, {
    details: { name },
  })
}
