/* What of ours is measured, built as users get it: the names that a loader of TypeScript gives to each closure cost a third. */
export { createTriggers, defineTask, systemClock } from '@triggerkit/engine'
export { bullmqRunner } from '@triggerkit/runners-bullmq'
export { inlineRunner } from '@triggerkit/runners-inline'
export { workerThreadsRunner } from '@triggerkit/runners-worker-threads'
export { redisStorage } from '@triggerkit/storage-redis'
