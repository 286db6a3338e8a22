export type { MemoryLimits, WorkerThreadsRunnerOptions } from './options.js'
export { WorkerThreadsRunner, workerThreadsRunner, workerThreadsRunnerDescriptor } from './worker-threads-runner.js'
