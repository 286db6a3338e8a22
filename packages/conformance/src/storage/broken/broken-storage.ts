import type { StorageCapabilities, StorageDescriptor } from '@triggerkit/contracts'
import { API_VERSION } from '@triggerkit/contracts'
import type { StorageEnvironment } from '../environment.js'
import { ModelData, ModelStorage } from '../model-storage.js'

export type ModelClass = new (data: ModelData, clock: () => number) => ModelStorage

/** A storage with one defect. */
export interface BrokenStorage {
  /** What it does wrong. */
  readonly name: string
  /** The case of the suite that must fail, without `storage/`. */
  readonly breaks: string
  /** The storage; it gets what only the storages of one place share. */
  readonly make: () => ModelClass
  /** What a crash takes away, which a durable storage keeps. */
  readonly crash?: (data: ModelData) => void
  /** What the descriptor says; else what the storage itself declares. */
  readonly capabilities?: Partial<StorageCapabilities>
}

const CAPABILITIES: StorageCapabilities = { durable: true, shared: 'process', commitMany: true, watch: true }

/** How the suite is given a model of a storage, in virtual time. */
export function environmentOf({ make, capabilities, crash }: Pick<BrokenStorage, 'make' | 'capabilities' | 'crash'>): StorageEnvironment {
  const descriptor = { capabilities: { ...CAPABILITIES, ...capabilities }, create: () => new ModelStorage(new ModelData(), () => 0) }
  return {
    descriptor: { ...DESCRIPTION, ...descriptor } satisfies StorageDescriptor,
    seed: 1,
    place: () => {
      const Model = make()
      const data = new ModelData()
      let now = 1_700_000_000_000
      return {
        open: () => new Model(data, () => now),
        wait: async (milliseconds) => {
          now += milliseconds
        },
        crash: async () => crash?.(data),
      }
    },
  }
}

const DESCRIPTION = { kind: 'storage', key: 'model', package: '@triggerkit/conformance', version: '0.1.0', apiVersion: API_VERSION } as const
