import { describe, expect, onTestFinished, test } from 'vitest'

import { tests } from './conformance.test-worker.js'
import { workerAnswers } from './worker-answers.test-worker.js'

// The machine may be busy, and in the browser each step of a scenario opens a database.
// Several at once: each has a database of its own, and mostly waits.
const TIME_LIMIT = 60_000

describe.concurrent('in a page', () => {
  for (const { id, skipped, run } of tests) test.skipIf(skipped !== null)(id, run, TIME_LIMIT)
})

describe.concurrent('in a dedicated worker', () => {
  const ask = workerAnswers(() => new Worker(new URL('./conformance.test-worker.ts', import.meta.url), { type: 'module' }))
  for (const { id, skipped } of tests) test.skipIf(skipped !== null)(id, () => ask(id), TIME_LIMIT)
})

const script = new URL('./conformance.test-worker.ts', import.meta.url)
const id = 'storage/concurrency/two-race'

test('in a shared worker', async () => {
  const { port } = new SharedWorker(script, { type: 'module' })

  await workerAnswers(() => port)(id)
}, TIME_LIMIT)

test('in a service worker', async () => {
  const registration = await navigator.serviceWorker.register(script, { type: 'module' })
  onTestFinished(async () => void (await registration.unregister()))
  const { port1, port2 } = new MessageChannel()

  const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)))
  ;(registration.active ?? registration.waiting ?? registration.installing)?.postMessage(id, [port2])

  expect(await answer).toEqual({ id, failure: null })
}, TIME_LIMIT)
