import type { Storage } from '@triggerkit/contracts'
import { bindSuite } from '../suite.js'
import type { SuiteTest } from '../suite.js'
import { atomicityCases } from './cases/atomicity.js'
import { closeCases } from './cases/close.js'
import { commitCases } from './cases/commit.js'
import { commitCheckCases } from './cases/commit-checks.js'
import { commitManyCases } from './cases/commit-many.js'
import { concurrencyCases } from './cases/concurrency.js'
import { dueCases } from './cases/due.js'
import { durabilityCases } from './cases/durability.js'
import { leaseCases } from './cases/leases.js'
import { loadCases } from './cases/load.js'
import { readCases } from './cases/read.js'
import { recordCases } from './cases/records.js'
import { sessionCases } from './cases/sessions.js'
import { storageTimeCases } from './cases/storage-time.js'
import { timeToLiveCases } from './cases/time-to-live.js'
import { watchCases } from './cases/watch.js'
import { checkDescriptor } from './environment.js'
import type { StorageEnvironment } from './environment.js'
import { sequenceCases } from './sequences.js'
import type { StorageCase } from './storage-case.js'
import { Workplace } from './workplace.js'

/** Every promise of the storage port, as data. */
export const storageCases: readonly StorageCase[] = [
  ...closeCases,
  ...loadCases,
  ...commitCases,
  ...commitCheckCases,
  ...atomicityCases,
  ...commitManyCases,
  ...recordCases,
  ...readCases,
  ...dueCases,
  ...timeToLiveCases,
  ...leaseCases,
  ...storageTimeCases,
  ...sessionCases,
  ...watchCases,
  ...durabilityCases,
  ...concurrencyCases,
  ...sequenceCases,
]

/**
 * The tests that hold a storage to the port: give each to a test framework, or all to `runForReport`.
 *
 * A test rejects with what differs from the promise, and with `InvalidArgument` where `open` gives one storage twice or
 * one that the descriptor does not describe.
 * @throws `InvalidArgument` for the descriptor of another kind of adapter, and for one that is silent on a capability
 * @throws `UnsupportedAdapter` for an adapter made for another version of the ports
 */
export function storageSuite(environment: StorageEnvironment): readonly SuiteTest[] {
  checkDescriptor(environment.descriptor)
  const opened = new WeakSet<Storage>()
  return bindSuite(storageCases, environment.descriptor.capabilities, (use) => Workplace.lend(environment, opened, use))
}
