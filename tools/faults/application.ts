import { createTriggers } from '@triggerkit/engine'
import type { Triggers, TriggersOptions } from '@triggerkit/engine'
import { bullmqRunner } from '@triggerkit/runners-bullmq'
import { redisStorage } from '@triggerkit/storage-redis'

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** The application as every process of it has it; only workers bring task functions, and start. */
export function application(url: string, tasks: TriggersOptions['tasks'] = []): Triggers {
  return createTriggers({
    storage: redisStorage({ url }),
    runners: { bullmq: bullmqRunner({ connection: url, queue: 'faults' }) },
    tasks,
    logger: quiet,
  })
}
