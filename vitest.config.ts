import { fileURLToPath } from 'node:url'

import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

import { bundle } from './tools/browser/bundle.mjs'
import { findChromium, launchArguments } from './tools/browser/chromium.mjs'
import * as commands from './tools/browser/tab-commands.js'
import { universalTests } from './tools/browser/universal-tests.mjs'

const root = fileURLToPath(new URL('.', import.meta.url))
const executablePath = findChromium()

// Packages resolve to their sources: the condition comes first, the defaults must be repeated because setting any replaces them.
const ssr = { resolve: { conditions: ['@triggerkit/source', ...defaultServerConditions] } }
// Slow ones, each an Nx target of its own: they run the real commands on a copy of the repository or on packed packages.
const acceptance = ['tools/**/*.acceptance.test.ts']

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
          // For tests that drive several tabs themselves.
          provide: { chromium: { ...(executablePath !== undefined && { executablePath }), args: launchArguments } },
          include: ['packages/**/src/**/*.test.ts', 'apps/**/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts', ...acceptance],
        },
      },
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
