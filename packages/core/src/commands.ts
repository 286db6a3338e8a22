import type { ErrorRecord, JsonObject, LogLevelName, TaskConfigurations } from '@triggerkit/contracts'
import type { InstanceStatus } from './state.js'

/** Which execution speaks: stale unless the instance still runs under that very epoch. */
export interface ExecutionId {
  readonly instance: string
  readonly epoch: number
}

interface CommandBase {
  /** Recognises a repetition: a firing's id for `fire`, else a command id. */
  readonly id?: string
  /** Present where a running task gives the command. */
  readonly execution?: ExecutionId
}

export interface ConfigureCommand extends CommandBase {
  readonly type: 'configure'
  readonly tasks: TaskConfigurations
  /** Whether tasks without instances get one from the triggers that have already fired. */
  readonly catchUp: boolean
}

export interface FireCommand extends CommandBase {
  readonly type: 'fire'
  readonly trigger: string
  readonly kwargs: JsonObject
}

export interface BeginCommand extends CommandBase {
  readonly type: 'begin'
  readonly instance: string
  readonly round: number
  readonly attempt: number
}

export interface FinishCommand extends CommandBase {
  readonly type: 'finish'
  readonly execution: ExecutionId
  readonly result: JsonObject
  readonly logLevel: LogLevelName
}

export interface FailCommand extends CommandBase {
  readonly type: 'fail'
  readonly execution: ExecutionId
  readonly error: ErrorRecord
  readonly metadata: JsonObject
  readonly logLevel: LogLevelName
}

export interface RetryCommand extends CommandBase {
  readonly type: 'retry'
  readonly execution: ExecutionId
  readonly error: ErrorRecord | null
  readonly metadata: JsonObject
  readonly replacementKwargs: JsonObject | null
  readonly cooldown: number
}

export interface SkipSelfCommand extends CommandBase {
  readonly type: 'skipSelf'
  readonly execution: ExecutionId
  readonly metadata: JsonObject
}

export interface ReplayCommand extends CommandBase {
  readonly type: 'replay'
  readonly instance: string
  /** `null` keeps the kwargs, an empty object clears them. */
  readonly replacementKwargs: JsonObject | null
}

export interface SkipCommand extends CommandBase {
  readonly type: 'skip'
  readonly instance: string
  readonly cascade: boolean
  readonly result: JsonObject
}

export interface SetStatusCommand extends CommandBase {
  readonly type: 'setStatus'
  readonly instance: string
  readonly status: InstanceStatus
  readonly metadata: JsonObject
  readonly cascade: boolean
  readonly cascadeKwargs: JsonObject
}

export interface SetMetadataCommand extends CommandBase {
  readonly type: 'setMetadata'
  readonly instance: string
  readonly metadata: JsonObject
}

export interface MarkLogsCommand extends CommandBase {
  readonly type: 'markLogs'
  readonly instance: string
}

export interface CancelCommand extends CommandBase {
  readonly type: 'cancel'
  readonly instance: string
}

export interface CloneCommand extends CommandBase {
  readonly type: 'clone'
  readonly instance: string
}

/** The values that an instance made by hand may start with. */
export interface InstanceValues {
  readonly status?: InstanceStatus
  readonly kwargs?: JsonObject
  readonly abandonState?: readonly string[]
  readonly metadata?: JsonObject
}

export interface CreateCommand extends CommandBase {
  readonly type: 'create'
  readonly task: string
  readonly values: InstanceValues
}

/**
 * Schedules an instance again in the same round: its hand-over is gone, or its execution was lost. Does nothing unless
 * that is still the instance's epoch.
 */
export interface RequeueCommand extends CommandBase {
  readonly type: 'requeue'
  readonly instance: string
  readonly epoch: number
  /** Whether code may have run: such losses are counted, and past the limit the instance fails. */
  readonly lost: boolean
  readonly maxLosses: number
}

/** Everything that can happen to a session. */
export type Command =
  | ConfigureCommand
  | FireCommand
  | BeginCommand
  | FinishCommand
  | FailCommand
  | RetryCommand
  | SkipSelfCommand
  | ReplayCommand
  | SkipCommand
  | SetStatusCommand
  | SetMetadataCommand
  | MarkLogsCommand
  | CancelCommand
  | CloneCommand
  | CreateCommand
  | RequeueCommand
