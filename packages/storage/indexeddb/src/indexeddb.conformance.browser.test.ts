import { afterAll, describe, expect, test } from 'vitest'

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

// The recorded workflows need nothing of a worker that the others lack; the storage's own promises are held in every kind of worker.
const promises = tests.filter(({ id }) => !id.startsWith('storage/scenario/'))
const script = new URL('./conformance.test-worker.ts', import.meta.url)

describe.concurrent('in a shared worker', () => {
  const ask = workerAnswers(() => new SharedWorker(script, { type: 'module' }).port)
  for (const { id, skipped } of promises) test.skipIf(skipped !== null)(id, () => ask(id), TIME_LIMIT)
})

describe.concurrent('in a service worker', () => {
  let registration: Promise<ServiceWorkerRegistration> | undefined
  afterAll(async () => void (await (await registration)?.unregister()))

  const ask = async (id: string): Promise<void> => {
    registration ??= navigator.serviceWorker.register(script, { type: 'module' })
    const { active, waiting, installing } = await registration
    const { port1, port2 } = new MessageChannel()
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)))
    ;(active ?? waiting ?? installing)?.postMessage(id, [port2])
    expect(await answer).toEqual({ id, failure: null })
  }
  for (const { id, skipped } of promises) test.skipIf(skipped !== null)(id, () => ask(id), TIME_LIMIT)
})
