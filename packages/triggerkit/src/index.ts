import { createTriggers as compose } from '@triggerkit/engine'
import type { Triggers, TriggersOptions } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'

export { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
export { defineTask, fromPino, TriggerManager, withContext } from '@triggerkit/engine'
export { inlineRunner } from '@triggerkit/runners-inline'
export { memoryStorage } from '@triggerkit/storage-memory'
export type { ErrorCode, JsonObject, JsonValue, Logger, Task } from '@triggerkit/contracts'
export type { FireAnswer, InstanceView, SessionSnapshot, SessionView, TaskContext, TaskOptions, Triggers, TriggersOptions } from '@triggerkit/engine'

/** What an application is made of; storage and runners are embedded ones unless given. */
export type EmbeddedOptions = Partial<Pick<TriggersOptions, 'storage' | 'runners'>> & Omit<TriggersOptions, 'storage' | 'runners'>

/**
 * Composes an application on embedded defaults: memory storage and an in-process runner.
 * @example `const triggers = createTriggers({ tasks: [importSubject] })`
 * @throws `UnknownKey`, `InvalidArgument`, `DuplicateKey`, `InvalidConfiguration`
 */
export function createTriggers(options: EmbeddedOptions = {}): Triggers {
  return compose({ storage: memoryStorage(), runners: { inline: inlineRunner() }, ...options })
}
