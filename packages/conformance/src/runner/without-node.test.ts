import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'

import { build } from 'esbuild'
import { expect, test } from 'vitest'

import type { SuiteTest } from '../suite.js'

const PROGRAM = `
  import { inlineRunner, inlineRunnerDescriptor } from '@triggerkit/runners-inline'
  import { runnerSuite } from './runner-suite.js'

  globalThis.suite = runnerSuite({ descriptor: inlineRunnerDescriptor, place: () => ({ open: () => inlineRunner() }) })
`

/** The globals that browsers have as well, and nothing of Node's; a browser tells of unhandled rejections by events. */
function browserGlobals(): Record<string, unknown> {
  const events = new EventTarget()
  return {
    ...{ AbortController, AbortSignal, clearTimeout, performance, queueMicrotask, setTimeout, structuredClone },
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
  }
}

test('the suite runs where there is nothing of Node', async () => {
  const stdin = { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' } as const
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'iife', platform: 'browser', conditions: ['@triggerkit/source'] })
  const context = createContext(browserGlobals())

  runInContext(outputFiles[0]?.text ?? '', context)
  const counted = (context['suite'] as readonly SuiteTest[]).filter(({ skipped }) => skipped === null)
  for (const { run } of counted) await run()

  expect(counted.length).toBeGreaterThan(50)
}, 30_000)
