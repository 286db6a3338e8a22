import type { InstanceStatus } from './state.js'

/** A firing and what it did; each list in the order in which it happened. */
export interface FiredEvent {
  readonly type: 'fired'
  readonly trigger: string
  readonly firing: string
  readonly created: readonly string[]
  readonly scheduled: readonly string[]
  readonly abandoned: readonly string[]
  /** Whether an instance could not be scheduled: it and those after it stay unstarted. */
  readonly refused: boolean
}

export interface ConfiguredEvent {
  readonly type: 'configured'
  readonly tasks: readonly string[]
}

export interface InstanceCreatedEvent {
  readonly type: 'instanceCreated'
  readonly instance: string
}

/** An instance reached a status, for whatever reason. */
export interface StatusEvent {
  readonly type: `instance${Capitalize<InstanceStatus>}`
  readonly instance: string
}

/** A failed instance was replayed, by command or by a retry; tells the clone. */
export interface ReplayedEvent {
  readonly type: 'replayed'
  readonly original: string
  readonly clone: string
}

/** A failed instance was skipped by command. */
export interface SkippedEvent {
  readonly type: 'skipped'
  readonly instance: string
  readonly cascade: boolean
}

/** Metadata or marks changed, but no status. */
export interface AnnotatedEvent {
  readonly type: 'instanceAnnotated'
  readonly instance: string
}

/** What happened. Hooks, reactions, watchers and tracing live on these. */
export type Event =
  | FiredEvent
  | ConfiguredEvent
  | InstanceCreatedEvent
  | StatusEvent
  | ReplayedEvent
  | SkippedEvent
  | AnnotatedEvent
