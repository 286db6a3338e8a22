import { fileURLToPath } from 'node:url'

import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

import { bundle } from './tools/browser/bundle.mjs'
import { findChromium, launchArguments } from './tools/browser/chromium.mjs'
import * as commands from './tools/browser/tab-commands.js'
import { universalTests } from './tools/browser/universal-tests.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    readonly chromium: { readonly executablePath?: string; readonly args: readonly string[] }
  }
}

const root = fileURLToPath(new URL('.', import.meta.url))
const executablePath = findChromium()

// Packages resolve to their sources: the condition comes first, the defaults must be repeated because setting any replaces them.
const ssr = { resolve: { conditions: ['@triggerkit/source', ...defaultServerConditions] } }
// Slow ones, each an Nx target of its own: they run the real commands on a copy of the repository or on packed packages.
const acceptance = ['tools/**/*.acceptance.test.ts']
// Real faults and real tabs, measured in seconds: one file after the other, once all else is done.
const faults = ['tools/faults/**/*.test.ts', 'tools/demo-browser/**/*.test.ts']
// For tests that drive several tabs themselves.
const provide = { chromium: { ...(executablePath !== undefined && { executablePath }), args: launchArguments } }

export default defineConfig({
  test: {
    projects: [
      {
        ssr,
        test: {
          name: 'node',
          environment: 'node',
          // Nothing here takes long, but machines may be busy: a limit is for what never ends.
          testTimeout: 30_000,
          provide,
          include: ['packages/**/src/**/*.test.ts', 'apps/**/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts', ...acceptance, ...faults],
        },
      },
      { ssr, test: { name: 'faults', environment: 'node', include: faults, provide, testTimeout: 60_000, fileParallelism: false, sequence: { groupOrder: 1 } } },
      { ssr, test: { name: 'acceptance', environment: 'node', include: acceptance, testTimeout: 180_000, hookTimeout: 180_000 } },
      {
        resolve: { conditions: ['@triggerkit/source', ...defaultClientConditions] },
        plugins: [bundle()],
        // Named beforehand: what vite finds only while a test runs makes it reload the page under that test.
        optimizeDeps: { include: ['comlink', 'fast-check', 'idb', 'zod/mini'] },
        test: {
          name: 'browser',
          include: ['packages/**/src/**/*.browser.test.ts', 'apps/**/src/**/*.browser.test.ts', 'tools/**/*.browser.test.ts', ...universalTests(root)],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['./tools/browser/require-chromium.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { ...(executablePath === undefined ? {} : { executablePath }), args: launchArguments } }),
            commands: { ...commands },
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
