export { JobQueue, runnerClosed } from './job-queue.js'
export type { JobQueueOptions } from './job-queue.js'
