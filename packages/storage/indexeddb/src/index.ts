export { IndexedDbStorage, indexedDbStorage, indexedDbStorageDescriptor } from './indexeddb-storage.js'
export type { IndexedDbStorageOptions } from './options.js'
