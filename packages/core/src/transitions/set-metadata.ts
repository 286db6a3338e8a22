import type { JsonObject } from '@triggerkit/contracts'
import type { MarkLogsCommand, SetMetadataCommand } from '../commands.js'
import type { Instance } from '../state.js'
import { needInstance, store, update } from '../step.js'
import type { Step } from '../step.js'

/** The answer of a command that changes an instance. */
export interface InstanceAnswer {
  readonly instance: string
}

/** Merges metadata into an instance, member by member. */
export function setMetadata(step: Step, { instance: name, metadata }: Pick<SetMetadataCommand, 'instance' | 'metadata'>): void {
  const instance = needInstance(step, name)
  update(step, instance, mergeMetadata(step, instance, metadata))
  step.events.push({ type: 'instanceAnnotated', instance: name })
}

/** Marks an instance's logs as resolved. */
export function markLogs(step: Step, { instance }: MarkLogsCommand): void {
  setMetadata(step, { instance, metadata: { logsResolved: true } })
}

/** What metadata changes: the members `result` and `logsResolved` stand for the fields of those names. */
export function mergeMetadata(step: Step, instance: Instance, metadata: JsonObject): Partial<Instance> {
  const { result, logsResolved = instance.logsMarked, ...custom } = metadata
  return {
    metadata: { ...instance.metadata, ...custom },
    logsMarked: Boolean(logsResolved),
    result: result === undefined ? instance.result : result === null ? null : store(step, 'r', instance, { payload: result }),
  }
}
