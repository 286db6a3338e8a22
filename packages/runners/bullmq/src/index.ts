export { BullmqRunner, bullmqRunner, bullmqRunnerDescriptor } from './bullmq-runner.js'
export type {
  BullmqConnection,
  BullmqJobOptions,
  BullmqQueueOptions,
  BullmqRoute,
  BullmqRunnerOptions,
  BullmqWorkerOptions,
} from './options.js'
