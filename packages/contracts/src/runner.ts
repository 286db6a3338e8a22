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
   * Whether the runner can run a task function of that name; `no` only where its list is complete. A runner without this
   * method runs the functions of the engine that it belongs to, and the engine answers in its place.
   */
  accepts?(run: string): Acceptance

  /**
   * Takes a job, once by its id however often it is handed over. A first hand-over may answer `taken` unseen; a repeated
   * one tells a job that is still `present` from one that has ended but is remembered (`spent`).
   */
  dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer>

  /** Begins to execute. Until then a runner only takes jobs. */
  start(host: RunnerHost): Promise<void>

  /** Stops a job that waits or runs, as far as the runner can; its outcome no longer counts. */
  cancel(jobId: string): Promise<void>

  /** Resolves when nothing that was handed over waits or runs any more, what that handed over in turn included. */
  idle(): Promise<void>

  /** Takes no more jobs, waits for those that run if `drain` is true, and releases what it opened. */
  close(options: { readonly drain: boolean }): Promise<void>
}

export interface RunnerCapabilities {
  /** Jobs survive the process that handed them over. Those of others are lost with it, and handed over anew by the sweep. */
  readonly durable: boolean
  /** Keeps a job back until its `notBefore`. Without it the engine hands the job over when its time has come. */
  readonly delays: boolean
  /** Can stop a job that runs, beyond aborting its signal. */
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
  execute(job: Job, invoke?: Invoke): Promise<ExecutionReport>
}

/** What became of an execution. `dropped`: the job was no longer due. `stale`: its outcome came too late to count. */
export type ExecutionReport =
  | { readonly outcome: 'finished' | 'skipped' | 'retried' | 'dropped' | 'stale' }
  | { readonly outcome: 'failed'; readonly error: ErrorRecord }

/** Runs a task function, here or elsewhere. It settles, whatever becomes of the function. */
export type Invoke = (call: TaskCall, signal: CancelSignal, port: TaskPort) => Promise<TaskOutcome>

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
}
