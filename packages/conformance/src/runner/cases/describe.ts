import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'

export const describeCases: readonly RunnerCase[] = [
  {
    id: 'runner/describe/capabilities-are-the-descriptors',
    promise: 'A runner has the capabilities that its descriptor declares.',
    requires: {},
    run: async (stage) => {
      const { capabilities } = await stage.open()

      for (const name of ['durable', 'delays', 'cancels'] as const) {
        demandEqual(capabilities[name], stage.descriptor.capabilities[name], `the runner's capability ${name}`)
      }
    },
  },
  {
    id: 'runner/describe/has-a-key',
    promise: 'A runner has a key, by which configurations and jobs name it.',
    requires: {},
    run: async (stage) => {
      const { key } = await stage.open()

      demand(typeof key === 'string' && key !== '', `its key is ${JSON.stringify(key)}`)
    },
  },
]
