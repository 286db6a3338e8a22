export type { WebWorkerRunnerOptions } from './options.js'
export { WebWorkerRunner, webWorkerRunner, webWorkerRunnerDescriptor } from './web-worker-runner.js'
