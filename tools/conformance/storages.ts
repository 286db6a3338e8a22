import type { Storage } from '@triggerkit/contracts'
import { Registry } from '@triggerkit/registry'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'

import { clusterPlace, redisPlace } from './redis-places.js'

/** A place where scenarios can be replayed. */
export interface StoragePlace {
  /** Gives a new storage object over the same data each time. */
  readonly open: () => Storage
  /** Takes the place away, with what was started for it. */
  readonly release: () => Promise<void>
}

/** The storages that `--storage` can name: making a place may start servers. */
export const storages: Registry<Promise<StoragePlace>> = new Registry<Promise<StoragePlace>>('storage')

storages.register('memory', async () => {
  const store = new MemoryStore()
  return { open: () => memoryStorage({ store }), release: async () => undefined }
})
storages.register('redis', redisPlace)
storages.register('redis-cluster', clusterPlace)
