export {
  assertInstanceAbandoned,
  assertInstanceFailed,
  assertInstanceFinished,
  assertInstanceMissing,
  assertInstanceReplayed,
  assertInstanceSkipped,
  assertInstanceUnstarted,
  AssertionError,
  assertUnresolvedInstances,
  assertUnresolvedTasks,
} from './assertions.js'
export { devNull, ExampleFailure, exampleTasks, failing, passThrough, selfRetrying, selfSkipping } from './example-tasks.js'
export type { ExpectedError, Inspectable } from './expectations.js'
export { FaultyStorage, faultyStorage } from './faulty-storage.js'
export type { Fault, StorageMethod } from './faulty-storage.js'
export type { Runnable } from './test-configurations.js'
export { createTestbed } from './testbed.js'
export type { Testbed } from './testbed.js'
export type { DrainOptions, NewManagerOptions, RunTaskOptions, TestbedOptions } from './testbed-options.js'
export { VirtualClock } from './virtual-clock.js'
