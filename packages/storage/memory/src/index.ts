export { MemoryStorage, memoryStorage, memoryStorageDescriptor } from './memory-storage.js'
export { MemoryStore } from './memory-store.js'
export type { MemoryStorageOptions } from './options.js'
