export type { CancelSignal, MinimalSignal } from './cancel-signal.js'
export type { Clock, Timer } from './clock.js'
export { closestName } from './closest-name.js'
export { API_VERSION } from './descriptor.js'
export type { Descriptor, ManagerDescriptor, Plugin, RunnerDescriptor, StorageDescriptor } from './descriptor.js'
export { milliseconds, positiveMilliseconds } from './duration.js'
export type { Duration } from './duration.js'
export { isTriggerkitError, TriggerkitError } from './errors.js'
export type { ErrorCode, ErrorDetails, TriggerkitErrorOptions } from './errors.js'
export type { JsonObject, JsonValue } from './json.js'
export { LOG_LEVELS } from './logger.js'
export type { Logger, LogLevelName, LogMeta } from './logger.js'
export type { Presence } from './presence.js'
export type {
  Acceptance,
  DispatchAnswer,
  DispatchOptions,
  ErrorRecord,
  ExecutionReport,
  Invoke,
  Job,
  LogEntry,
  RetryRequest,
  Runner,
  RunnerCapabilities,
  RunnerHost,
  Task,
  TaskCall,
  TaskOutcome,
  TaskPort,
  TaskRun,
} from './runner.js'
export type { SchemaInput, SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './standard-schema.js'
export { CLAIM_MS, LONGEST_RETRY_MS, RETENTION_MS } from './storage.js'
export type {
  Change,
  CommitAnswer,
  DueSession,
  LoadAnswer,
  Patch,
  ReadAnswer,
  RecordPage,
  Records,
  SessionChange,
  Storage,
  StorageCapabilities,
  StoredSession,
  Timed,
  UidPage,
  Version,
} from './storage.js'
export type { TaskConfiguration, TaskConfigurations } from './task-configuration.js'
