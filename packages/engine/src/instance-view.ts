import { LOG_LEVELS } from '@triggerkit/contracts'
import type { ErrorRecord, JsonObject, JsonValue, LogLevelName, Records, TaskConfiguration } from '@triggerkit/contracts'
import {
  canAbandon,
  canRun,
  isResolved,
  logsRelevant,
  logsResolved,
  placeKey,
  waitsFor,
} from '@triggerkit/core'
import type { Instance, InstanceStatus, Task, Timestamps, UsedKwargs } from '@triggerkit/core'
import { mergeParams } from './merge-params.js'
import { joinKwargs, kwargsKeys, payloadOf } from './payloads.js'

/** An instance as inspection shows it: a copy; changing it changes nothing, and it doesn't change itself. */
export interface InstanceView {
  readonly name: string
  readonly task: string
  /** The task's configuration as it is now. */
  readonly configuration: TaskConfiguration
  readonly status: InstanceStatus
  /** The triggers' kwargs collected so far, by trigger, without `withParams`. */
  readonly kwargs: JsonObject
  /** The triggers of `unless` that count as fired for it. */
  readonly abandonState: readonly string[]
  /** The triggers of `after` that it still waits for; empty unless it is unstarted. */
  readonly waitsFor: readonly string[]
  readonly result: JsonValue | null
  /** The kwargs that its latest execution received, `withParams` included; `null` if it was never executed. */
  readonly actualKwargs: JsonObject | null
  readonly parent: string | null
  readonly depth: number
  /** Milliseconds that it had to wait before it could run; `null` if there was no such wait. */
  readonly cooldown: number | null
  readonly round: number
  readonly attempt: number
  /** Why it failed, or failed before it was replayed or skipped. */
  readonly error: ErrorRecord | null
  readonly logLevel: number
  readonly logLevelName: LogLevelName
  readonly logsRelevant: boolean
  readonly logsResolved: boolean
  readonly metadata: JsonObject
  /** Milliseconds since 1970, by the storage's clock: creation, last change, and when each status was last reached. */
  readonly timestamps: Timestamps
  /** Whether its status `scheduled` or `running` was only set by hand: nothing will execute it. */
  readonly byHand: boolean
  readonly canSchedule: boolean
  readonly canRun: boolean
  readonly canAbandon: boolean
  readonly canReplay: boolean
  readonly canSkip: boolean
  readonly isResolved: boolean
}

/** The archive keys that an instance's view is made from. */
export function viewKeys(instance: Instance, { index, revision }: Task): readonly string[] {
  const { used, result, errorType, number } = instance
  return [
    ...kwargsKeys(instance),
    ...(used === null ? [] : kwargsKeys(used)),
    ...(used === null || used.revision === revision ? [] : [placeKey('c', index, used.revision)]),
    ...(result === null ? [] : [result]),
    ...(errorType === null ? [] : [placeKey('e', index, number)]),
  ]
}

/** The view of an instance, from its record and what was read by {@link viewKeys}. */
export function viewOf(instance: Instance, task: Task, records: Records, unresolvedLogs: number): InstanceView {
  const { configuration } = task
  const { name, status, abandonState, parent, depth, cooldown, round, attempt, logLevel, metadata, timestamps, handOver } = instance
  const failed = status === 'failed'
  return {
    name,
    task: task.name,
    configuration,
    status,
    kwargs: joinKwargs(instance, records),
    abandonState,
    waitsFor: status === 'unstarted' ? waitsFor(instance, configuration) : [],
    result: instance.result === null ? null : (payloadOf(records, instance.result) ?? null),
    actualKwargs: actualKwargs(instance, task, records),
    parent,
    depth,
    cooldown,
    round,
    attempt,
    error: errorOf(instance, task, records),
    logLevel: LOG_LEVELS[logLevel],
    logLevelName: logLevel,
    logsRelevant: logsRelevant(instance),
    logsResolved: logsResolved(instance, unresolvedLogs),
    metadata,
    timestamps,
    byHand: (status === 'scheduled' || status === 'running') && handOver === null,
    canSchedule: status === 'unstarted',
    canRun: canRun(instance, configuration),
    canAbandon: canAbandon(instance, configuration),
    canReplay: failed,
    canSkip: failed,
    isResolved: isResolved(status),
  }
}

function actualKwargs({ used }: Instance, task: Task, records: Records): JsonObject | null {
  return used === null ? null : mergeParams(configurationOf(used, task, records), joinKwargs(used, records))
}

function configurationOf({ revision }: UsedKwargs, task: Task, records: Records): TaskConfiguration {
  const old = records.get(placeKey('c', task.index, revision))
  return old === undefined ? task.configuration : (old as unknown as TaskConfiguration)
}

function errorOf({ errorType, number }: Instance, { index }: Task, records: Records): ErrorRecord | null {
  if (errorType === null) return null
  return (records.get(placeKey('e', index, number)) as unknown as ErrorRecord | undefined) ?? null
}
