import { LOG_LEVELS, milliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { CancelSignal, Duration, JsonObject, LogLevelName, TaskCall, TaskConfiguration, TaskRun } from '@triggerkit/contracts'
import { toJsonObject } from '@triggerkit/config'
import type { TaskSettings } from './define-task.js'
import { toErrorRecord } from './error-record.js'
import { filterKwargs } from './filter-kwargs.js'
import type { FilteredKwargs, KwargsSchemas } from './filter-kwargs.js'
import { remoteManager } from './remote-manager.js'
import { RetryThrown, SkipThrown } from './requests.js'
import { TaskLogs } from './task-logger.js'
import type { LogContext, TaskLogger } from './task-logger.js'
import type { TriggerManager } from './trigger-manager.js'

export interface RetryOptions {
  /** The reason for the retry; kept with the instance, and as `cause` when there are too many retries. */
  readonly error?: unknown
  /** Replaces the kwargs as a whole; an empty object clears them, nothing or `null` keeps them. */
  readonly replacementKwargs?: JsonObject | null
  /** How long to wait before the next run. Default: not at all. */
  readonly cooldown?: Duration
  /** Merged into the metadata of the instance that is replaced. */
  readonly metadata?: JsonObject
}

/** Everything that a task's body receives. */
export interface TaskContext<TTriggerKwargs = Readonly<Record<string, JsonObject>>, TManager = TriggerManager> {
  readonly uid: string
  /** The instance's name. */
  readonly instance: string
  readonly task: string
  /** The task's configuration as it was when the instance was scheduled. */
  readonly configuration: TaskConfiguration
  /** The task's custom directives. */
  readonly extras: JsonObject
  /** 1 at first; higher if the run is a repetition after a crash. */
  readonly attempt: number
  /** How many instances this one descends from by retry, replay or clone. */
  readonly depth: number
  readonly managerKey: string
  readonly storageKey: string
  /** The triggers' kwargs by trigger, with `withParams` merged in. */
  readonly triggerKwargs: TTriggerKwargs
  /** Controls the session. What it fires counts once, however often the run is repeated after a crash. */
  readonly manager: TManager
  /** Aborted when the run no longer counts or its time is up. */
  readonly signal: CancelSignal
  /** The highest level logged so far. */
  readonly logLevel: number
  readonly logLevelName: LogLevelName
  /** Opens a scope for logging: an error that leaves it is logged at ERROR, with its context. Several share one highest level. */
  withLogger<TResult>(variables: LogContext, body: (logger: TaskLogger) => TResult | Promise<TResult>): Promise<TResult>
  /**
   * Validates and transforms kwargs with one Standard Schema per trigger, or one for all of them.
   * @throws `InvalidKwargs` listing every fault with its path
   */
  filterKwargs<TSchemas extends KwargsSchemas>(schemas: TSchemas): Promise<FilteredKwargs<TSchemas>>
  /**
   * Makes a retry, to be thrown: `throw context.retry({ error, cooldown: '10s' })`.
   * @throws `MaxRetriesExceeded` when the task's `maxRetries` are used up
   */
  retry(options?: RetryOptions): Error
  /** Makes a skip, to be thrown: `throw context.skip({ reason: '…' })`. */
  skip(metadata?: JsonObject): Error
}

/** A context, and what only its runner may know. */
export interface OpenContext {
  readonly context: TaskContext
  readonly logLevel: () => LogLevelName
  /** Whether a retry or skip was made. */
  readonly requested: () => boolean
  /** If that error says that the retries are used up: the metadata given to the retry that was refused. */
  readonly refusedMetadata: (error: unknown) => JsonObject
}

export function createContext(settings: TaskSettings, run: TaskRun): OpenContext {
  const { call, port } = run
  const logs = new TaskLogs(port)
  const requests = new Requests(settings, call)
  const { uid, instance, task, configuration, attempt, depth, manager, storage } = call
  const context: TaskContext = {
    uid,
    instance,
    task,
    configuration,
    extras: configuration.extras,
    attempt,
    depth,
    managerKey: manager,
    storageKey: storage,
    triggerKwargs: call.kwargs as Readonly<Record<string, JsonObject>>,
    manager: (port.manager ?? remoteManager(port, uid)) as TriggerManager,
    get signal() {
      return run.signal
    },
    get logLevel() {
      return LOG_LEVELS[logs.level]
    },
    get logLevelName() {
      return logs.level
    },
    withLogger: (variables, body) => logs.scope(variables, body),
    filterKwargs: (schemas) => filterKwargs(schemas, call.kwargs),
    retry: (options = {}) => requests.retry(options),
    skip: (metadata = {}) => requests.skip(metadata),
  }
  return {
    context,
    logLevel: () => logs.level,
    requested: () => requests.made,
    refusedMetadata: (error) => requests.refused.get(error) ?? {},
  }
}

/** The limit is the application's, which may be elsewhere: it is checked where the outcome is recorded. */
const ANY_SIZE = { maxBytes: Infinity }

/** The retries and skips that one run of a task makes. */
class Requests {
  made = false
  /** The metadata of retries that were refused, by the error that said so. */
  readonly refused: Map<unknown, JsonObject> = new Map()
  readonly #settings: TaskSettings
  readonly #call: TaskCall

  constructor(settings: TaskSettings, call: TaskCall) {
    this.#settings = settings
    this.#call = call
  }

  retry({ error, replacementKwargs, cooldown = 0, metadata }: RetryOptions): Error {
    const request = {
      error: isNone(error) ? null : toErrorRecord(error),
      metadata: toJsonObject(metadata, 'metadata', ANY_SIZE),
      replacementKwargs: isNone(replacementKwargs) ? null : toJsonObject(replacementKwargs, 'replacementKwargs', ANY_SIZE),
      cooldown: milliseconds(cooldown, 'cooldown'),
    }
    if (this.#call.depth >= this.#settings.maxRetries) throw this.#exceed(error, request.metadata)
    this.made = true
    return new RetryThrown(request)
  }

  skip(metadata: JsonObject): Error {
    const thrown = new SkipThrown(toJsonObject(metadata, 'metadata', ANY_SIZE))
    this.made = true
    return thrown
  }

  #exceed(cause: unknown, metadata: JsonObject): TriggerkitError {
    const { instance, depth } = this.#call
    const { maxRetries } = this.#settings
    const message = `${instance} can't be retried: it was retried or replayed ${depth} times already, and maxRetries is ${maxRetries}.`
    const exceeded = new TriggerkitError('MaxRetriesExceeded', message, { ...(!isNone(cause) && { cause }), details: { instance, depth, maxRetries } })
    this.refused.set(exceeded, metadata)
    return exceeded
  }
}

function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
