import type { TaskConfiguration } from '@triggerkit/contracts'
import { isTaskUnresolved, waitsFor } from '@triggerkit/core'
import type { InstanceStatus, SessionState } from '@triggerkit/core'
import type { CommitLoop } from './commit-loop.js'

/** A session as last seen by this process: immutable, and the same object until a new version is seen. */
export interface SessionSnapshot {
  readonly uid: string
  /** The number of the version; 0 for a session that doesn't exist. */
  readonly version: number
  readonly tasks: readonly TaskSnapshot[]
  /** The unresolved instances, in configuration order and by creation. */
  readonly unresolved: readonly InstanceSnapshot[]
  readonly firedTriggers: readonly string[]
}

export interface TaskSnapshot {
  readonly name: string
  readonly configuration: TaskConfiguration
  /** How many instances it has had. */
  readonly instances: number
  readonly unresolved: boolean
}

export interface InstanceSnapshot {
  readonly name: string
  readonly task: string
  readonly status: InstanceStatus
  readonly waitsFor: readonly string[]
}

const EMPTY = Object.freeze([]) as readonly never[]

export function snapshotOf(uid: string, seen: NonNullable<CommitLoop['seen']> | null): SessionSnapshot {
  if (seen === null) return Object.freeze({ uid, version: 0, tasks: EMPTY, unresolved: EMPTY, firedTriggers: EMPTY })
  const { state, version } = seen
  return Object.freeze({
    uid,
    version: version.number,
    tasks: Object.freeze(taskSnapshots(state)),
    unresolved: Object.freeze(instanceSnapshots(state)),
    firedTriggers: Object.freeze([...state.firedTriggers()]),
  })
}

function taskSnapshots(state: SessionState): TaskSnapshot[] {
  return state.tasks().map(({ name, configuration }) =>
    Object.freeze({ name, configuration, instances: state.counters(name).count, unresolved: isTaskUnresolved(state, name) }),
  )
}

function instanceSnapshots(state: SessionState): InstanceSnapshot[] {
  return state.tasks().flatMap(({ name: task, configuration }) =>
    state.unresolved(task).map((instance) => {
      const { name, status } = instance
      return Object.freeze({ name, task, status, waitsFor: status === 'unstarted' ? waitsFor(instance, configuration) : [] })
    }),
  )
}
