// What is simulated, in one place, so that it can be built with a planted bug.
export { createTriggers, defineTask } from '@triggerkit/engine'
export { FinalizingTriggerManager } from '@triggerkit/managers-finalizing'
export { inlineRunner } from '@triggerkit/runners-inline'
export { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
