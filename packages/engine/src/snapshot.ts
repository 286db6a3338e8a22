import type { TaskConfiguration } from '@triggerkit/contracts'
import { SessionState, waitsFor } from '@triggerkit/core'
import type { InstanceStatus } from '@triggerkit/core'
import type { CommitLoop } from './commit-loop.js'
import { unresolvedTasks } from './unresolved-tasks.js'

/** A session as last seen by this process: immutable, and the same object until a new version is seen. */
export interface SessionSnapshot {
  readonly uid: string
  /** The number of the version; 0 for a session that doesn't exist. */
  readonly version: number
  readonly tasks: readonly TaskSnapshot[]
  /** The unresolved instances, in the order of the configuration, then of creation. */
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

export function snapshotOf(uid: string, seen: NonNullable<CommitLoop['seen']> | null): SessionSnapshot {
  const { state, version } = seen ?? { state: new SessionState(), version: { number: 0 } }
  return deepFreeze({
    uid,
    version: version.number,
    tasks: taskSnapshots(state),
    unresolved: instanceSnapshots(state),
    firedTriggers: [...state.firedTriggers()],
  })
}

function taskSnapshots(state: SessionState): TaskSnapshot[] {
  const unresolved = new Set(unresolvedTasks(state))
  return state.tasks().map((task) => {
    const { name, configuration } = task
    return { name, configuration, instances: state.counters(name).count, unresolved: unresolved.has(task) }
  })
}

function instanceSnapshots(state: SessionState): InstanceSnapshot[] {
  return state.tasks().flatMap(({ name: task, configuration }) =>
    state.unresolved(task).map((instance) => {
      const { name, status } = instance
      return { name, task, status, waitsFor: status === 'unstarted' ? waitsFor(instance, configuration) : [] }
    }),
  )
}

// Configurations are the engine's own, which nobody changes: freezing them costs once and keeps it so.
function deepFreeze<TValue>(value: TValue): TValue {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
