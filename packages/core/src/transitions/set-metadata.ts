import type { JsonObject } from '@triggerkit/contracts'
import type { MarkLogsCommand, SetMetadataCommand } from '../commands.js'
import { placeKey } from '../keys.js'
import type { Instance } from '../state.js'
import { needInstance, taskOf, update } from '../step.js'
import type { Step } from '../step.js'

/** The answer of a command that changes an instance. */
export interface InstanceAnswer {
  readonly instance: string
}

/** Merges metadata into an instance, member by member. */
export function setMetadata(step: Step, { instance: name, metadata }: SetMetadataCommand): InstanceAnswer {
  const instance = needInstance(step, name)
  update(step, instance, mergeMetadata(step, instance, metadata))
  step.events.push({ type: 'instanceAnnotated', instance: name })
  return { instance: name }
}

/** Marks an instance's logs as resolved. */
export function markLogs(step: Step, { instance: name }: MarkLogsCommand): InstanceAnswer {
  update(step, needInstance(step, name), { logsMarked: true })
  step.events.push({ type: 'instanceAnnotated', instance: name })
  return { instance: name }
}

/** What metadata changes: the members `result` and `logsResolved` stand for the fields of those names. */
export function mergeMetadata(step: Step, instance: Instance, metadata: JsonObject): Partial<Instance> {
  const own = metadata['logsResolved']
  return {
    metadata: { ...instance.metadata, ...withoutOwnMembers(metadata) },
    logsMarked: own === undefined ? instance.logsMarked : Boolean(own),
    result: storeResult(step, instance, metadata),
  }
}

/** Stores a `result` given as metadata; else the instance keeps the one that it has. */
export function storeResult(step: Step, instance: Instance, metadata: JsonObject): string | null {
  const result = metadata['result']
  if (result === undefined) return instance.result
  if (result === null) return null
  const key = placeKey('r', taskOf(step, instance).index, instance.number)
  step.draft.changes.archive.set(key, { payload: result })
  return key
}

/** Metadata without the members that are fields of an instance. */
export function withoutOwnMembers(metadata: JsonObject): JsonObject {
  const { result: _result, logsResolved: _logsResolved, ...custom } = metadata
  return custom
}
