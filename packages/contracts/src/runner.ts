import type { CancelSignal } from './cancel-signal.js'
import type { Clock } from './clock.js'
import type { JsonObject, JsonValue } from './json.js'
import type { Logger, LogLevelName, LogMeta } from './logger.js'
import type { TaskConfiguration } from './task-configuration.js'

/**
 * The runner port: where task code runs.
 *
 * The engine hands over a {@link Job} after the commit that scheduled its instance; whoever executes it calls
 * `host.execute(job)`, which begins the execution, runs the task and records the outcome. A job may be delivered twice or
 * late: `execute` drops what is no longer due.
 */
export interface Runner {
  /** Names the runner in `using`, in registries and in jobs. */
  readonly key: string
  readonly capabilities: RunnerCapabilities

  /**
   * Whether the runner can run a task function of that name, started or not; `no` only where its list is complete. A runner
   * without this method runs the functions of the engine that it belongs to, and the engine answers in its place: one that
   * passes `invoke` has the method.
   */
  accepts?(run: string): Acceptance

  /**
   * Takes a job, once by its id however often it is handed over; what it takes before the start waits for that. A first
   * hand-over may answer `taken` unseen; a repeated one tells a job that is still `present` from one that has ended but is
   * remembered (`spent`). One that is not known, or forgotten, is `taken`, and executed. Whatever `execute` reports ends a job.
   * @throws `Closed` once `close` was called
   */
  dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer>

  /**
   * Begins to execute, once for good. Until then a runner only takes jobs.
   * @throws `InvalidArgument` if it was started before, which goes on; `Closed` once `close` was called
   */
  start(host: RunnerHost): Promise<void>

  /**
   * Stops a job that waits or runs, as far as the runner can; its outcome no longer counts. One that waits does not run any
   * more. One that runs is left to its signal, and counts as present until it ends, unless the runner `cancels`. To cancel
   * what is not known or has ended changes nothing.
   */
  cancel(jobId: string): Promise<void>

  /**
   * Resolves when nothing that was handed over waits or runs any more, what that handed over in turn included, as well as what
   * waits for its time or for the start; at once where there is nothing. Ends with `close`, too. Can be called again, and by many.
   */
  idle(): Promise<void>

  /**
   * Takes no more jobs, waits for those that run if `drain` is true, and releases what it opened. Without `drain` it begins
   * nothing more and waits for nothing: a durable runner leaves to others what waits, and an `invoke` that is pending settles. Can
   * be called again; without `drain` it hurries one that waits.
   */
  close(options: { readonly drain: boolean }): Promise<void>
}

export interface RunnerCapabilities {
  /** Jobs survive the process that handed them over. Those of others are lost with it, and handed over anew by the sweep. */
  readonly durable: boolean
  /**
   * Keeps a job back until `host.now()` has reached its `notBefore`, and never executes it earlier. Without it the engine hands the
   * job over when its time has come, and the runner takes every job for due.
   */
  readonly delays: boolean
  /** Can stop a job that runs, beyond aborting its signal: its `invoke` settles, whatever the function does. */
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
  /** The storage's time, in milliseconds since 1970: what `notBefore` is measured by. */
  now(): number
  /**
   * Begins the job's execution, runs its task function and records the outcome.
   * @param invoke - given by a runner whose code lives where no engine is; the engine runs its own function without it
   * @returns what became of it. It rejects, or throws, where that could not be recorded: a fault that the sweep repairs, and that
   * must harm no other job
   */
  execute(job: Job, invoke?: Invoke): Promise<ExecutionReport>
  /**
   * Ends the execution of a job in this process that the runner has lost, as by a lock that ran out: its signal is aborted, its
   * outcome refused, and the engine takes the work up anew. A job that isn't executed here is left alone.
   */
  abort(job: Job): void
}

/** What became of an execution. `dropped`: the job was no longer due. `stale`: its outcome came too late to count. */
export type ExecutionReport =
  | { readonly outcome: 'finished' | 'skipped' | 'retried' | 'dropped' | 'stale' }
  | { readonly outcome: 'failed'; readonly error: ErrorRecord }

/**
 * Runs a task function, here or elsewhere. It settles, whatever becomes of the function: with its outcome, unchanged on its way, or
 * with an error that keeps message, code and cause. Where it runs a function elsewhere it watches over the task's time limit, forwards
 * the signal, and delivers what was logged before the outcome.
 */
export type Invoke = (call: TaskCall, signal: CancelSignal, port: TaskPort) => Promise<TaskOutcome>

/** One run of a task function, with all that {@link Invoke} is given. */
export interface TaskRun {
  readonly call: TaskCall
  readonly port: TaskPort
  /** May be made when somebody first asks for it: most tasks never do, and making one costs Node more than a short task. */
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

/** A task function with its name, as `defineTask` of the engine makes it; runs wherever a runner takes it. */
export interface Task {
  readonly name: string
  /** Milliseconds that a run may take, by whoever watches over it; `null`: as long as it wants. */
  readonly timeLimit: number | null
  readonly perform: Invoke
  /** As `perform`, for a task that asks for the signal only when it is used. */
  readonly performLazily?: (run: TaskRun) => Promise<TaskOutcome>
}
