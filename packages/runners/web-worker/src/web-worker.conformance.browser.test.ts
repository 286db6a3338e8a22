import { afterAll, describe, expect, test } from 'vitest'

import { tests } from './suite.test-worker.js'

const TIME_LIMIT = 40_000

describe('in a page', () => {
  for (const { id, skipped, run } of tests) test.skipIf(skipped !== null)(id, run, TIME_LIMIT)
})

describe('in a dedicated worker', () => {
  const worker = new Worker(new URL('./suite.test-worker.ts', import.meta.url), { type: 'module' })
  afterAll(() => worker.terminate())

  const ask = (id: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`))
      worker.postMessage(id)
    })

  for (const { id, skipped } of tests) {
    test.skipIf(skipped !== null)(id, async () => expect(await ask(id)).toEqual({ id, failure: null }), TIME_LIMIT)
  }
})
