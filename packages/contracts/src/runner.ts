import type { CancelSignal } from './cancel-signal.js'
import type { Clock } from './clock.js'
import type { JsonObject, JsonValue } from './json.js'
import type { Logger, LogLevelName, LogMeta } from './logger.js'
import type { TaskConfiguration } from './task-configuration.js'

/**
 * The runner port: where task code runs.
 *
 * The engine hands over a {@link Job} after the commit that scheduled its instance; the process that executes it calls
 * `host.execute(job)`, which begins the execution, runs the task and records the outcome. A job may be delivered twice or
 * late: `execute` drops a job that is no longer due.
 */
export interface Runner {
  /** Names the runner in `using`, in registries and in jobs. */
  readonly key: string
  readonly capabilities: RunnerCapabilities

  /**
   * Whether the runner can run a task function of that name, before as well as after the start; `no` only if its list is complete.
   * A runner without this method runs the functions of its own engine, which then answers in its place. A runner that
   * passes `invoke` must have the method.
   */
  accepts?(run: string): Acceptance

  /**
   * Takes a job, once by its id, however often it is handed over; jobs taken before the start wait for it. A first
   * hand-over may be answered with `taken` without looking; a repeated one must distinguish a job that is still `present` from one
   * that has ended but is remembered (`spent`). An unknown or forgotten job is `taken`, and executed. Whatever `execute` reports, the
   * job has then ended.
   * @throws `Closed` once `close` was called
   */
  dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer>

  /**
   * Begins to execute, once for good. Until then a runner only takes jobs.
   * @throws `InvalidArgument` if it was started before, in which case it keeps running; `Closed` once `close` was called
   */
  start(host: RunnerHost): Promise<void>

  /**
   * Stops a waiting or running job, as far as the runner can; its outcome no longer counts. A waiting job will not run.
   * A running one is left to its signal, and counts as present until it ends, unless the runner `cancels`. Cancelling an
   * unknown or ended job changes nothing.
   */
  cancel(jobId: string): Promise<void>

  /**
   * Resolves when no job waits or runs any more, including jobs that these handed over in turn, delayed jobs and jobs that wait
   * for the start; at once if there are none. Also ends with `close`. May be called repeatedly, and by several callers.
   */
  idle(): Promise<void>

  /**
   * Takes no more jobs, waits for running ones if `drain` is true, and releases what it opened. Without `drain` it begins
   * no more jobs and waits for none: a durable runner leaves waiting jobs to others, and a pending `invoke` settles. May
   * be called again; a call without `drain` hurries one that waits.
   */
  close(options: { readonly drain: boolean }): Promise<void>
}

export interface RunnerCapabilities {
  /** Jobs survive the process that handed them over. Otherwise they are lost with it, and the sweep hands them over again. */
  readonly durable: boolean
  /**
   * Holds a job back until `host.now()` has reached its `notBefore`, and never executes it earlier. Otherwise the engine hands the
   * job over when its time has come, and the runner treats every job as due.
   */
  readonly delays: boolean
  /** Can stop a running job, beyond aborting its signal: its `invoke` settles, whatever the function does. */
  readonly cancels: boolean
}

export type Acceptance = 'yes' | 'no' | 'unknown'
export type DispatchAnswer = 'taken' | 'present' | 'spent'

export interface DispatchOptions {
  readonly repeated: boolean
  /** The task's custom directives, for routing. */
  readonly extras: JsonObject
}

/** One hand-over of an instance: names, no payload. */
export interface Job {
  /** Unique to incarnation, instance, round and attempt; letters, digits and `-` only. */
  readonly id: string
  readonly storage: string
  readonly manager: string
  readonly uid: string
  readonly incarnation: string
  readonly instance: string
  readonly task: string
  readonly run: string
  readonly runner: string
  readonly round: number
  readonly attempt: number
  /** The storage's time before which the instance must not run. */
  readonly notBefore: number | null
}

export interface RunnerHost {
  readonly clock: Clock
  readonly logger: Logger
  /** The storage's time, in milliseconds since 1970, with which `notBefore` is compared. */
  now(): number
  /**
   * Begins the job's execution, runs its task function and records the outcome.
   * @param invoke - passed by a runner whose code runs where there is no engine; without it the engine runs its own function
   * @returns how the execution ended. Rejects, or throws, if that could not be recorded: the sweep repairs this, and it
   * must affect no other job
   */
  execute(job: Job, invoke?: Invoke): Promise<ExecutionReport>
  /**
   * Ends the execution of a job in this process that the runner has lost, for example because a lock ran out: its signal is aborted,
   * its outcome refused, and the engine schedules the work again. Does nothing if the job isn't being executed here.
   */
  abort(job: Job): void
}

/** How an execution ended. `dropped`: the job was no longer due. `stale`: its outcome came too late to count. */
export type ExecutionReport =
  | { readonly outcome: 'finished' | 'skipped' | 'retried' | 'dropped' | 'stale' }
  | { readonly outcome: 'failed'; readonly error: ErrorRecord }

/**
 * Runs a task function, here or elsewhere. It settles, whatever happens to the function: with its outcome, passed on unchanged, or
 * with an error that keeps message, code and cause. An implementation that runs a function elsewhere enforces the task's time limit,
 * forwards the signal, and delivers log entries before the outcome.
 */
export type Invoke = (call: TaskCall, signal: CancelSignal, port: TaskPort) => Promise<TaskOutcome>

/** One run of a task function, with everything that {@link Invoke} is given. */
export interface TaskRun {
  readonly call: TaskCall
  readonly port: TaskPort
  /** May be created when it is first asked for: most tasks never ask, and creating one costs Node more than a short task. */
  readonly signal: CancelSignal
}

/** What a task function needs to know, as plain data. */
export interface TaskCall {
  readonly run: string
  readonly uid: string
  readonly incarnation: string
  readonly instance: string
  readonly task: string
  readonly configuration: TaskConfiguration
  /** The triggers' kwargs by trigger, with `withParams` merged in. */
  readonly kwargs: JsonObject
  readonly round: number
  readonly attempt: number
  /** How many instances this one descends from by replay, retry or clone. */
  readonly depth: number
  readonly manager: string
  readonly storage: string
}

/** What a running task function may ask of the engine. */
export interface TaskPort {
  /** Calls a method of the execution's manager; plain data both ways. Rejects with the manager's error. */
  call(method: string, args: readonly JsonValue[]): Promise<JsonValue>
  log(entry: LogEntry): void
  /** The manager itself, where the function runs in the engine's own process. */
  readonly manager?: unknown
}

export interface LogEntry {
  readonly level: LogLevelName
  readonly message: string
  readonly meta: LogMeta
}

/** How a task function ended, as plain data. `logLevel` is the highest level that it logged. */
export type TaskOutcome =
  | { readonly kind: 'finished'; readonly result: unknown; readonly logLevel: LogLevelName }
  | { readonly kind: 'failed'; readonly error: ErrorRecord; readonly metadata?: JsonObject; readonly logLevel: LogLevelName }
  | { readonly kind: 'skip'; readonly metadata: JsonObject }
  | ({ readonly kind: 'retry' } & RetryRequest)

export interface RetryRequest {
  readonly error: ErrorRecord | null
  readonly metadata: JsonObject
  /** `null` keeps the kwargs; an empty object clears them. */
  readonly replacementKwargs: JsonObject | null
  /** Milliseconds to wait before the next run. */
  readonly cooldown: number
}

/** An error as data: what a failed instance keeps of it. */
export interface ErrorRecord {
  /** The error's class or name, such as `TypeError`. */
  readonly type: string
  readonly message: string
  readonly code: string | null
  readonly stack: string | null
  readonly context: JsonObject
  /** The chain of `cause`s, nearest first. */
  readonly causes: readonly ErrorRecord[]
}

/** A task function with its name, as the engine's `defineTask` makes it; runs wherever a runner takes it. */
export interface Task {
  readonly name: string
  /** How many milliseconds a run may take, enforced by whatever runs it; `null`: no limit. */
  readonly timeLimit: number | null
  readonly perform: Invoke
  /** Like `perform`, for a task that asks for the signal only when it uses it. */
  readonly performLazily?: (run: TaskRun) => Promise<TaskOutcome>
}
