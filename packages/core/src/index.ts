export type { Changes } from './changes.js'
export type {
  BeginCommand,
  CancelCommand,
  CloneCommand,
  Command,
  ConfigureCommand,
  CreateCommand,
  ExecutionId,
  FailCommand,
  FinishCommand,
  FireCommand,
  InstanceValues,
  MarkLogsCommand,
  ReplayCommand,
  RequeueCommand,
  RetryCommand,
  SetMetadataCommand,
  SetStatusCommand,
  SkipCommand,
  SkipSelfCommand,
} from './commands.js'
export { Draft } from './draft.js'
export type { Loaded } from './draft.js'
export type { DispatchEffect, Effect } from './effects.js'
export type {
  AnnotatedEvent,
  ConfiguredEvent,
  Event,
  FiredEvent,
  InstanceCreatedEvent,
  ReplayedEvent,
  SkippedEvent,
  StatusEvent,
} from './events.js'
export { instancesPrefix, namedKey, parseInstanceName, placeKey } from './keys.js'
export { decodeInstance, fromRecords, RECORD_FORMAT, toRecords } from './records.js'
export type { RecordChanges } from './records.js'
export {
  canAbandon,
  canRun,
  isResolved,
  logsRelevant,
  logsResolved,
  waitsFor,
} from './selectors.js'
export type { RunnerTraits } from './selectors.js'
export { SessionState } from './session-state.js'
export type { Firings, HandOver, Instance, InstanceStatus, Replacement, Session, Task, TaskCounters, Timestamps, UsedKwargs } from './state.js'
export { ArchivedInstanceNeeded } from './step.js'
export type { Inputs, Refusal, Runners } from './step.js'
export { advance, transition } from './transition.js'
export type { Answer, Transition } from './transition.js'
export type { ConfigureAnswer } from './transitions/configure.js'
export type { CreateAnswer } from './transitions/create.js'
export type { BeginAnswer } from './transitions/execution.js'
export type { FireAnswer } from './transitions/fire.js'
export type { ReplayAnswer } from './transitions/recovery.js'
export type { InstanceAnswer } from './transitions/set-metadata.js'
export type { View } from './view.js'
