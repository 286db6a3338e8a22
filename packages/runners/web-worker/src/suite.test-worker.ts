import { runnerSuite, type SuiteTest } from '@triggerkit/conformance'

import code from './conformance.test-worker.ts?bundle'
import { webWorkerRunner, webWorkerRunnerDescriptor } from './index.js'

const file = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
const spawn = (): Worker => new Worker(file, { type: 'module' })

/** The runner suite, for a page and for a worker, which makes workers of its own. */
export const tests: readonly SuiteTest[] = runnerSuite({
  descriptor: webWorkerRunnerDescriptor,
  elsewhere: true,
  // Workers take their time to begin where many want the machine.
  patience: 15_000,
  place: () => ({ open: () => webWorkerRunner({ spawn, workers: 2, grace: 100 }) }),
})

/** Runs the test of an id for the page, and answers with its failure. */
async function answer({ data: id }: MessageEvent<string>): Promise<void> {
  const failure = await tests.find((test) => test.id === id)?.run().then(() => null, (error: unknown) => String(error))
  postMessage({ id, failure })
}

if (typeof document === 'undefined') addEventListener('message', (event) => void answer(event as MessageEvent<string>))
