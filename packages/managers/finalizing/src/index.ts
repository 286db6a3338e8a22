export { finalizingManagerDescriptor } from './descriptor.js'
export { finalizingManager, FinalizingTriggerManager } from './finalizing-manager.js'
export type { FinalizingOptions } from './finalizing-manager.js'
