import { runnerSuite } from '@triggerkit/conformance'
import { test } from 'vitest'

import { bundle, bundledWorker } from './fakes/bundle.js'
import { workerThreadsRunner, workerThreadsRunnerDescriptor } from './index.js'

const worker = await bundledWorker()
const tasks = await bundle("export { conformanceTasks } from '@triggerkit/conformance'")

for (const { id, skipped, run } of runnerSuite({
  descriptor: workerThreadsRunnerDescriptor,
  elsewhere: true,
  // Threads take their time to begin where many want the machine.
  patience: 15_000,
  place: () => ({ open: () => workerThreadsRunner({ tasks, worker, threads: 2, grace: 100 }) }),
})) test.skipIf(skipped !== null)(id, run, 40_000)
