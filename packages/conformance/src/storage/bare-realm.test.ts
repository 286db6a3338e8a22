import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'

import { build } from 'esbuild'
import { expect, it } from 'vitest'

import type { ConformanceReport } from '../report.js'

const GLOBALS = { AbortController, AbortSignal, clearTimeout, console, crypto, performance, queueMicrotask, setTimeout, structuredClone, TextDecoder, TextEncoder }

const PROGRAM = `
  import { runForReport, storageSuite } from '@triggerkit/conformance'
  import { MemoryStore, memoryStorage, memoryStorageDescriptor as descriptor } from '@triggerkit/storage-memory'
  const place = () => {
    const store = new MemoryStore()
    let now = 1_700_000_000_000
    return { open: () => memoryStorage({ store, now: () => now }), wait: async (ms) => void (now += ms) }
  }
  globalThis.report = runForReport(descriptor, storageSuite({ descriptor, place }))
`

it('the storage suite runs where there is nothing but what browsers and Node share', async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@triggerkit/source'],
  })
  const realm: { report?: Promise<ConformanceReport> } = createContext({ ...GLOBALS })

  runInContext(outputFiles[0]?.text ?? '', realm)
  const report = await realm.report

  expect(report?.cases.filter(({ outcome }) => outcome === 'broken')).toEqual([])
  expect(report?.kept).toBeGreaterThan(100)
}, 60_000)
