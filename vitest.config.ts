import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

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
          include: ['packages/**/src/**/*.test.ts', 'apps/**/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts', ...acceptance],
        },
      },
      { ssr, test: { name: 'acceptance', environment: 'node', include: acceptance, testTimeout: 180_000, hookTimeout: 180_000 } },
    ],
  },
})
