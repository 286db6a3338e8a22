import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonValue, LogEntry, LogLevelName, TaskCall, TaskPort } from '@triggerkit/contracts'
import type { Engine } from './engine.js'
import { higherLevel } from './task-logger.js'
import type { TriggerManager } from './trigger-manager.js'

/** What a task may call from where only plain data reaches: methods whose arguments and answers are JSON. */
const REMOTE_METHODS: ReadonlySet<string> = new Set([
  'fire',
  'updateConfiguration',
  'replayFailedInstance',
  'skipFailedInstance',
  'updateInstanceStatus',
  'updateInstanceMetadata',
  'markInstanceLogsResolved',
  'cancelInstance',
  'cloneInstance',
  'createInstance',
  'task',
  'tasks',
  'instance',
  'instances',
  'instancesOfTask',
  'latestKwargs',
  'metadata',
  'unresolvedTasks',
  'unresolvedInstances',
  'instancesWithUnresolvedLogs',
  'debugView',
])

const LOG_METHODS = { NOTSET: 'debug', DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const

type ManagerMethods = Readonly<Record<string, (...args: readonly JsonValue[]) => Promise<JsonValue>>>

/** The port of an execution: its commands go through that manager, and it knows the highest level logged. */
export class ManagerPort implements TaskPort {
  readonly manager: TriggerManager
  level: LogLevelName = 'NOTSET'
  readonly #engine: Engine
  readonly #names: { readonly uid: string; readonly instance: string }

  constructor(engine: Engine, manager: TriggerManager, { uid, instance }: TaskCall) {
    this.manager = manager
    this.#engine = engine
    this.#names = { uid, instance }
  }

  async call(method: string, args: readonly JsonValue[]): Promise<JsonValue> {
    const run = (this.manager as unknown as ManagerMethods)[method]
    if (REMOTE_METHODS.has(method) && run !== undefined) return run.apply(this.manager, args as JsonValue[])
    const message = `A task that runs elsewhere can't call ${JSON.stringify(method)} of its manager; it can call ${[...REMOTE_METHODS].join(', ')}.`
    throw new TriggerkitError('InvalidArgument', message, { details: { method } })
  }

  log({ level, message, meta }: LogEntry): void {
    this.level = higherLevel(level, this.level)
    this.#engine.settings.logger[LOG_METHODS[level]](message, { ...this.#names, ...meta })
  }
}
