import { runnerSuite } from '@triggerkit/conformance'
import { useRedis } from '@triggerkit/tool-services'
import { afterAll, test } from 'vitest'

import { bullmqRunner, bullmqRunnerDescriptor } from './index.js'

const redis = await useRedis()
afterAll(() => redis.stop())

const place = () => {
  const queue = `conformance-${Math.random().toString(36).slice(2)}`
  return { open: () => bullmqRunner({ connection: redis.url, queue }) }
}
for (const { id, skipped, run } of runnerSuite({ descriptor: bullmqRunnerDescriptor, place, patience: 15_000 })) {
  test.skipIf(skipped !== null)(id, run, 30_000)
}
