import { runnerSuite } from '@triggerkit/conformance'
import { test } from 'vitest'

import { inlineRunner, inlineRunnerDescriptor } from './index.js'

for (const { id, skipped, run } of runnerSuite({
  descriptor: inlineRunnerDescriptor,
  place: () => ({ open: () => inlineRunner() }),
})) test.skipIf(skipped !== null)(id, run)
