import { isAbsolute, resolve } from 'node:path'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import type { ResourceLimits } from 'node:worker_threads'

import { closestName, milliseconds, positiveMilliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Duration } from '@triggerkit/contracts'

/** How much of V8's memory one thread may take. Memory outside its heap, such as buffers, is not counted. */
export type MemoryLimits = Readonly<ResourceLimits>

export interface WorkerThreadsRunnerOptions {
  /** The modules that export the application's tasks: URLs, or paths relative to the working directory. Each thread imports them. */
  readonly tasks: string | URL | readonly (string | URL)[]
  /** The maximum number of threads. Default: one less than the machine's processors, but at least one. */
  readonly threads?: number
  /**
   * How many tasks a thread runs at once, taking turns. Default: 1. With more, a task that is cut off or that crashes its thread
   * takes the others there with it.
   */
  readonly tasksPerThread?: number
  /** How long a run may take, for tasks that set no `timeLimit` themselves. Default: no limit. */
  readonly timeLimit?: Duration
  /** How long a task that was aborted, or whose time is up, may go on before its thread is terminated. Default: one second. */
  readonly grace?: Duration
  /** How long a thread may take to start and to import the modules. Default: 30 seconds. */
  readonly loadLimit?: Duration
  /** How long an idle thread is kept; the last one is always kept. Default: 30 seconds. */
  readonly idleTimeout?: Duration
  /** How much memory a thread may take. Default: what Node allows a thread. */
  readonly resourceLimits?: MemoryLimits
  /** Node's own options for the threads, such as `['--import', <a preload>]`. Default: those of the process. */
  readonly execArgv?: readonly string[]
  /** The file URL of the far side, if a bundler has moved it: the module `@triggerkit/runners-worker-threads/worker`. */
  readonly worker?: URL
  /** How many ended jobs are remembered by id, so that a job that is handed over again is not run again. Default: 10,000. */
  readonly remember?: number
  /** The runner's name in `using`. Default: `worker-threads`. */
  readonly key?: string
}

/** Options with defaults filled in, durations in milliseconds. */
export interface Settings {
  readonly key: string
  readonly modules: readonly string[]
  readonly threads: number
  readonly tasksPerThread: number
  readonly timeLimit: number | null
  readonly grace: number
  readonly loadLimit: number
  readonly idleTimeout: number
  readonly resourceLimits: MemoryLimits | null
  readonly execArgv: readonly string[] | null
  readonly worker: URL
  readonly remember: number
}

/** Beside this file, and like it: TypeScript, where the package runs from source. */
const OWN_WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
const MEMORY_LIMITS = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb']

/** @throws `InvalidArgument` for invalid options */
export function toSettings(options: WorkerThreadsRunnerOptions): Settings {
  const { key = 'worker-threads', threads = Math.max(1, availableParallelism() - 1), tasksPerThread = 1, remember = 10_000 } = options
  assertWhole('threads', threads, 1)
  assertWhole('tasksPerThread', tasksPerThread, 1)
  assertWhole('remember', remember, 0)
  if (typeof key !== 'string' || key === '') throw invalid('key', key, 'give a non-empty string')
  return {
    key,
    threads,
    tasksPerThread,
    remember,
    modules: modulesOf(options.tasks),
    timeLimit: options.timeLimit === undefined ? null : positiveMilliseconds(options.timeLimit, 'timeLimit'),
    grace: milliseconds(options.grace ?? '1s', 'grace'),
    loadLimit: positiveMilliseconds(options.loadLimit ?? '30s', 'loadLimit'),
    idleTimeout: milliseconds(options.idleTimeout ?? '30s', 'idleTimeout'),
    resourceLimits: limitsOf(options.resourceLimits),
    execArgv: options.execArgv ?? null,
    worker: workerOf(options.worker),
  }
}

function modulesOf(tasks: WorkerThreadsRunnerOptions['tasks']): readonly string[] {
  const modules = typeof tasks === 'string' || tasks instanceof URL ? [tasks] : tasks
  if (!Array.isArray(modules) || modules.length === 0) {
    throw invalid('tasks', tasks, "name the modules that export your tasks, such as new URL('./tasks.js', import.meta.url)")
  }
  return modules.map(addressOf)
}

function addressOf(module: string | URL): string {
  if (module instanceof URL) return module.href
  if (typeof module !== 'string' || module === '') throw invalid('tasks', module, 'give URLs or paths of modules')
  // On Windows `C:\…` would be read as a URL with the scheme `c:`.
  if (!isAbsolute(module) && URL.canParse(module)) return module
  return pathToFileURL(resolve(module)).href
}

function limitsOf(limits: MemoryLimits | undefined): MemoryLimits | null {
  if (limits === undefined) return null
  if (typeof limits !== 'object' || limits === null) throw invalid('resourceLimits', limits, `give an object with ${MEMORY_LIMITS.join(', ')}`)
  for (const [name, megabytes] of Object.entries(limits)) {
    if (!MEMORY_LIMITS.includes(name)) throw invalid('resourceLimits', name, `write ${closestName(name, MEMORY_LIMITS) ?? MEMORY_LIMITS.join(', ')}`)
    if (!(typeof megabytes === 'number' && megabytes > 0)) throw invalid(`resourceLimits.${name}`, megabytes, 'give megabytes')
  }
  return limits
}

function workerOf(worker: URL | undefined): URL {
  if (worker === undefined) return OWN_WORKER
  if (worker instanceof URL && worker.protocol === 'file:') return worker
  throw invalid('worker', worker, 'give the file URL of the module @triggerkit/runners-worker-threads/worker')
}

function assertWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw invalid(name, value, `give a whole number from ${least} up`)
}

function invalid(name: string, value: unknown, advice: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `worker_threads runner, ${name}: ${String(value)} is invalid; ${advice}.`, { details: { name } })
}
