import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        // Tests run from source: the condition comes first, the defaults must be repeated because setting any replaces them.
        ssr: { resolve: { conditions: ['@triggerkit/source', ...defaultServerConditions] } },
        test: {
          name: 'node',
          environment: 'node',
          include: ['packages/**/src/**/*.test.ts', 'apps/**/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts'],
        },
      },
    ],
  },
})
