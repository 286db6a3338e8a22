import type { Storage } from '@triggerkit/contracts'
import { Registry } from '@triggerkit/registry'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'

/** A place where scenarios can be replayed: `open` gives a new storage object over the same data each time. */
export interface StoragePlace {
  readonly open: () => Storage
}

/** The storages that `--storage` can name. */
export const storages: Registry<StoragePlace> = new Registry<StoragePlace>('storage')

storages.register('memory', () => {
  const store = new MemoryStore()
  return { open: () => memoryStorage({ store }) }
})
