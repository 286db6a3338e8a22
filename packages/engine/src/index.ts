export { consoleLogger, fromPino } from './console-logger.js'
export type { PinoLike } from './console-logger.js'
export type { CommandOptions, ConfigureOptions, FireOptions, InstanceRef, SkipOptions, StatusOptions } from './commands.js'
export { DEFAULT_MAX_RETRIES, defineTask } from './define-task.js'
export type { AutomaticRetry, TaskBody, TaskOptions } from './define-task.js'
export { defineTasks } from './define-tasks.js'
export type { TaskHandlers, WorkflowBody } from './define-tasks.js'
export { errorContext, withContext } from './error-record.js'
export type { FilteredKwargs, KwargsSchemas } from './filter-kwargs.js'
export type { IdSource } from './ids.js'
export type { InstanceView } from './instance-view.js'
export type { TriggersOptions } from './options.js'
export type { RecordedChange, RecordedCommand, Recorder } from './recorder.js'
export { exportSession, importSession } from './session-export.js'
export type { ExportedSession, ImportOptions } from './session-export.js'
export { SessionView } from './session-view.js'
export type { Paging } from './session-reader.js'
export type { DebugView, SessionMetadata, TaskView } from './session-view.js'
export type { InstanceSnapshot, SessionSnapshot, TaskSnapshot } from './snapshot.js'
export { systemClock } from './system-clock.js'
export type { RetryOptions, TaskContext } from './task-context.js'
export type { LogContext, TaskLogger } from './task-logger.js'
export type { Transaction } from './transaction.js'
export { TriggerManager } from './trigger-manager.js'
export type { ManagerClass, ManagerSeat } from './trigger-manager.js'
export { createTriggers, Triggers } from './triggers.js'
export type { ManagerOf, TypedManager, TypedTransaction } from './typed-manager.js'
export { unresolvedTasks } from './unresolved-tasks.js'
export type {
  Command,
  ConfigureAnswer,
  CreateAnswer,
  Event,
  FireAnswer,
  InstanceAnswer,
  InstanceStatus,
  InstanceValues,
  ReplayAnswer,
  Timestamps,
  View,
} from '@triggerkit/core'
