import type { Job, Records, TaskCall, TaskConfiguration } from '@triggerkit/contracts'
import { placeKey } from '@triggerkit/core'
import type { Instance, Task, UsedKwargs } from '@triggerkit/core'
import { mergeParams } from './merge-params.js'
import { joinKwargs, kwargsKeys } from './payloads.js'

/** The archive keys of what {@link taskCall} needs of an instance that has begun. */
export function callKeys({ used }: Instance, { index, revision }: Task): readonly string[] {
  const source = used as UsedKwargs
  const keys = kwargsKeys(source)
  return source.revision === revision ? keys : [...keys, placeKey('c', index, source.revision)]
}

/** What the task function is told, with the configuration pinned at scheduling. */
export function taskCall(job: Job, instance: Instance, task: Task, records: Records): TaskCall {
  const { uid, incarnation, manager, storage, round, attempt } = job
  const used = instance.used as UsedKwargs
  const pinned = (records.get(placeKey('c', task.index, used.revision)) as unknown as TaskConfiguration | undefined) ?? task.configuration
  // A copy: the engine goes on using its own, whatever a task does to what it is given.
  const configuration = structuredClone(pinned)
  return {
    run: configuration.run,
    uid,
    incarnation,
    instance: instance.name,
    task: task.name,
    configuration,
    kwargs: mergeParams(configuration, joinKwargs(used, records)),
    round,
    attempt,
    depth: instance.depth,
    manager,
    storage,
  }
}
