import type { StorageCapabilities } from '@triggerkit/contracts'
import type { ConformanceCase } from '../suite.js'
import type { Workplace } from './workplace.js'

export type StorageCase = ConformanceCase<StorageCapabilities, Workplace>

/** A case of the suite; `path` is `<method>/<promise>`. */
export function storageCase(
  path: string,
  promise: string,
  run: StorageCase['run'],
  requires: Partial<StorageCapabilities> = {},
): StorageCase {
  return { id: `storage/${path}`, promise, requires, run }
}
