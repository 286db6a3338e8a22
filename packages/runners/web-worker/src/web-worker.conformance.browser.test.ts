import { runnerSuite } from '@triggerkit/conformance'
import { test } from 'vitest'

import code from './conformance.test-worker.ts?bundle'
import { webWorkerRunner, webWorkerRunnerDescriptor } from './index.js'

const file = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
const spawn = (): Worker => new Worker(file, { type: 'module' })

for (const { id, skipped, run } of runnerSuite({
  descriptor: webWorkerRunnerDescriptor,
  elsewhere: true,
  // Workers take their time to begin where many want the machine.
  patience: 15_000,
  place: () => ({ open: () => webWorkerRunner({ spawn, workers: 2, grace: 100 }) }),
})) test.skipIf(skipped !== null)(id, run, 40_000)
