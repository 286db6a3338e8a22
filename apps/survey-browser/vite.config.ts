import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  // Relative, so that the built page may be put into any folder of any server.
  base: './',
  // Only within this repository, where packages resolve to their sources.
  resolve: { conditions: ['@triggerkit/source', ...defaultClientConditions] },
  worker: { format: 'es' },
})
