import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it, test } from 'vitest'

import { storageSuite } from '../storage-suite.js'
import { ModelStorage } from '../model-storage.js'
import type { SuiteTest } from '../../suite.js'
import { environmentOf } from './broken-storage.js'
import { brokenStorages } from './broken-storages.js'

const whole = { ...environmentOf({ make: () => ModelStorage }), oracle: (now: () => number) => memoryStorage({ now }) }

describe('the storage that the broken ones are made of', () => {
  for (const { id, skipped, run } of storageSuite(whole)) test.skipIf(skipped !== null)(`keeps ${id}`, run)
})

describe.concurrent('a storage that', () => {
  it.each(brokenStorages.map((storage) => [storage.name, storage.breaks, storage] as const))('%s fails %s', async (_name, breaks, storage) => {
    const named = find(storageSuite(environmentOf(storage)), `storage/${breaks}`)

    const failure = await named.run().then(() => undefined, (error: unknown) => error)

    expect(failure).toBeInstanceOf(Error)
    expect(failure).not.toBeInstanceOf(TypeError)
  }, 30_000)
})

describe('the broken storages', () => {
  it('cover every case of the suite', () => {
    const broken = new Set(brokenStorages.map(({ breaks }) => `storage/${breaks}`))

    const uncovered = storageSuite(whole).filter(({ id }) => !broken.has(id))

    expect(uncovered.map(({ id }) => id)).toEqual([])
  })
})

function find(tests: readonly SuiteTest[], id: string): SuiteTest {
  const found = tests.find((one) => one.id === id)
  if (found === undefined || found.skipped !== null) throw new Error(`There is no case ${id}, or it does not count.`)
  return found
}
