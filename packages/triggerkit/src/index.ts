import type { Workflow } from '@triggerkit/config'
import { createTriggers as compose } from '@triggerkit/engine'
import type { Triggers, TriggersOptions } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'

export { defineWorkflow } from '@triggerkit/config'
export { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
export { defineTask, defineTasks, fromPino, TriggerManager, withContext } from '@triggerkit/engine'
export { inlineRunner } from '@triggerkit/runners-inline'
export { memoryStorage } from '@triggerkit/storage-memory'
export type { Workflow } from '@triggerkit/config'
export type { ErrorCode, JsonObject, JsonValue, Logger, Task } from '@triggerkit/contracts'
export type { FireAnswer, InstanceView, SessionSnapshot, SessionView, TaskContext, TaskOptions, Triggers, TriggersOptions, TypedManager } from '@triggerkit/engine'

/** What an application is made of; storage and runners are embedded ones unless given. */
export type EmbeddedOptions<TWorkflow extends Workflow = Workflow> = Partial<Pick<TriggersOptions, 'storage' | 'runners'>> &
  Omit<TriggersOptions<TWorkflow>, 'storage' | 'runners'>

/**
 * Composes an application on embedded defaults: memory storage and an in-process runner.
 * @example `const triggers = createTriggers({ tasks: [importSubject] })`
 * @throws `UnknownKey`, `InvalidArgument`, `DuplicateKey`, `InvalidConfiguration`
 */
export function createTriggers<TWorkflow extends Workflow = Workflow>(options: EmbeddedOptions<TWorkflow> = {}): Triggers<TWorkflow> {
  return compose({ storage: memoryStorage(), runners: { inline: inlineRunner() }, ...options })
}
