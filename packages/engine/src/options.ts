import { LOG_LEVELS, positiveMilliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Clock, Duration, Logger, Presence, Runner, Storage, Task } from '@triggerkit/contracts'
import type { Workflow } from '@triggerkit/config'
import { callBack } from './call-back.js'
import { consoleLogger } from './console-logger.js'
import { randomIds } from './ids.js'
import type { IdSource } from './ids.js'
import type { Recorder } from './recorder.js'
import { systemClock } from './system-clock.js'
import { TriggerManager } from './trigger-manager.js'
import type { ManagerClass } from './trigger-manager.js'

/** The options of {@link createTriggers}. */
export interface TriggersOptions<TWorkflow extends Workflow = Workflow> {
  /** Where sessions live. */
  readonly storage: Storage
  /** The name under which jobs know this storage, if an application has several. Default: the storage's key. */
  readonly storageKey?: string
  /** The runners by key; the first is the default unless `runner` names another. */
  readonly runners: Readonly<Record<string, Runner>>
  readonly runner?: string
  /** The manager classes by key, besides `default`, which is `TriggerManager` itself. */
  readonly managers?: Readonly<Record<string, ManagerClass>>
  /** The key of the manager that is used unless a call names another. Default: `default`. */
  readonly manager?: string
  readonly tasks?: readonly Task[]
  /** The configuration of sessions that have none stored yet, applied in their first commit. */
  readonly configuration?: unknown
  /** Replaces `configuration`: its tasks are the configuration, and its schemas check fired kwargs. */
  readonly workflow?: TWorkflow
  readonly logger?: Logger
  readonly clock?: Clock
  readonly ids?: IdSource
  readonly presence?: Presence
  readonly recorder?: Recorder
  /** How long a process counts as alive after its last heartbeat; must be longer than anything that blocks it. Default 8 s. */
  readonly lease?: Duration
  /** How often a started process looks for sessions whose wake-up has come. Default 1 s. */
  readonly sweepEvery?: Duration
  /** How long a command may take before it rejects with `OutcomeUnknown` or `StorageUnavailable`. Default 10 s. */
  readonly commandTimeout?: Duration
  /** How many commands may wait for one session. Default 10,000. */
  readonly maxQueue?: number
  /** How many bytes a payload may have. Default 1 MiB. */
  readonly maxPayloadBytes?: number
  /** After how many lost executions in a round an instance fails with `ExecutionLost`. Default 3. */
  readonly maxLosses?: number
  /** How long a session is kept after its last commit. Default: the storage's. */
  readonly ttl?: Duration
}

/** Options with every default filled in and every duration in milliseconds. */
export interface Settings {
  readonly storage: Storage
  readonly storageKey: string
  readonly runners: ReadonlyMap<string, Runner>
  readonly runner: string
  readonly managers: ReadonlyMap<string, ManagerClass>
  readonly manager: string
  readonly configuration: unknown
  readonly workflow: Workflow | undefined
  readonly logger: Logger
  readonly clock: Clock
  readonly ids: IdSource
  readonly presence: Presence | undefined
  readonly recorder: Recorder | undefined
  readonly lease: number
  readonly sweepEvery: number
  readonly commandTimeout: number
  readonly maxQueue: number
  readonly maxPayloadBytes: number
  readonly maxLosses: number
  readonly ttl: number | undefined
}

/** @throws `UnknownKey` for an unknown manager or default runner (the application's or a manager's), `InvalidArgument` for invalid options */
export function toSettings(options: TriggersOptions): Settings {
  const { storage, storageKey = storage.key, workflow, presence, ttl } = options
  const runners = new Map(Object.entries(options.runners))
  const managers = new Map<string, ManagerClass>([['default', TriggerManager], ...Object.entries(options.managers ?? {})])
  for (const [key, managerClass] of managers) checkManager(key, managerClass, runners)
  const { runner = [...runners.keys()][0], manager = 'default' } = options
  if (runner === undefined) throw invalid('runners: give at least one, such as { inline: inlineRunner() }')
  // In JavaScript one may give a key, or the factory itself, which would look like a storage that never answers.
  for (const [option, adapter] of Object.entries<unknown>({ ...options.runners, storage })) {
    if (typeof adapter !== 'object') throw invalid(`${option}: call its factory`)
  }
  if (workflow !== undefined && options.configuration !== undefined) throw invalid('workflow: its tasks are the configuration; give only one of the two')
  knownKey('runner', runner, runners)
  knownKey('manager', manager, managers)
  return {
    storage,
    storageKey,
    runners,
    runner,
    managers,
    manager,
    configuration: workflow?.tasks ?? options.configuration,
    workflow,
    logger: quiet(options.logger ?? consoleLogger),
    clock: options.clock ?? systemClock,
    ids: options.ids ?? randomIds,
    presence,
    recorder: options.recorder,
    lease: presence?.leaseMs ?? positiveMilliseconds(options.lease ?? '8s', 'lease'),
    sweepEvery: positiveMilliseconds(options.sweepEvery ?? '1s', 'sweepEvery'),
    commandTimeout: positiveMilliseconds(options.commandTimeout ?? '10s', 'commandTimeout'),
    maxQueue: positive(options, 'maxQueue', 10_000),
    maxPayloadBytes: positive(options, 'maxPayloadBytes', 1_048_576),
    maxLosses: positive(options, 'maxLosses', 3),
    ttl: ttl === undefined ? undefined : positiveMilliseconds(ttl, 'ttl'),
  }
}

/** A logger that fails must not decide what becomes of anything, and there is nobody left to tell. */
function quiet(logger: Logger): Logger {
  const call = (level: keyof Logger): Logger[typeof level] => (message, meta) => {
    callBack(
      () => logger[level](message, meta),
      () => undefined,
    )
  }
  return { debug: call('debug'), info: call('info'), warn: call('warn'), error: call('error') }
}

function positive(options: TriggersOptions, name: 'maxQueue' | 'maxPayloadBytes' | 'maxLosses', otherwise: number): number {
  const value: unknown = options[name] ?? otherwise
  if (typeof value === 'number' && value > 0) return value
  throw invalid(`${name}: give a number above 0`)
}

function checkManager(key: string, managerClass: Partial<ManagerClass>, runners: ReadonlyMap<string, Runner>): void {
  const { defaultRunner } = managerClass
  if (defaultRunner !== undefined) knownKey(`runner for managers.${key}`, defaultRunner, runners)
  if ((managerClass.unresolvedLogLevel ?? '') in LOG_LEVELS) return
  throw invalid(`managers.${key}: give a class that extends TriggerManager, its unresolvedLogLevel one of ${Object.keys(LOG_LEVELS).join(', ')}`)
}

function invalid(fault: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `createTriggers: ${fault}.`)
}

/** @throws `UnknownKey` naming the keys that there are */
export function knownKey<TValue>(what: string, key: string, known: ReadonlyMap<string, TValue>): TValue {
  const value = known.get(key)
  if (value !== undefined) return value
  const message = `There is no ${what} ${JSON.stringify(key)}; known: ${[...known.keys()].join(', ') || 'none'}. Pass it to createTriggers.`
  throw new TriggerkitError('UnknownKey', message, { details: { what, key, known: [...known.keys()] } })
}
