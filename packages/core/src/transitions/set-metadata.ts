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
export function setMetadata(step: Step, { instance, metadata }: SetMetadataCommand): InstanceAnswer {
  return annotate(step, instance, metadata)
}

/** Marks an instance's logs as resolved. */
export function markLogs(step: Step, { instance }: MarkLogsCommand): InstanceAnswer {
  return annotate(step, instance, { logsResolved: true })
}

function annotate(step: Step, name: string, metadata: JsonObject): InstanceAnswer {
  const instance = needInstance(step, name)
  update(step, instance, mergeMetadata(step, instance, metadata))
  step.events.push({ type: 'instanceAnnotated', instance: name })
  return { instance: name }
}

/** What metadata changes: the members `result` and `logsResolved` stand for the fields of those names. */
export function mergeMetadata(step: Step, instance: Instance, metadata: JsonObject): Partial<Instance> {
  const { result, logsResolved, ...custom } = metadata
  return {
    metadata: { ...instance.metadata, ...custom },
    logsMarked: logsResolved === undefined ? instance.logsMarked : Boolean(logsResolved),
    result: result === undefined ? instance.result : result === null ? null : store(step, 'r', instance, { payload: result }),
  }
}
