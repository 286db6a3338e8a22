import { TriggerkitError } from '@triggerkit/contracts'
import { demand } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'

export const describeCases: readonly RunnerCase[] = [
  {
    id: 'runner/describe/capabilities-are-the-descriptors',
    promise: 'A runner has the capabilities that its descriptor declares.',
    requires: {},
    run: async (stage) => {
      const { capabilities } = await stage.open()

      for (const name of ['durable', 'delays', 'cancels'] as const) {
        const declared = stage.descriptor.capabilities[name]
        if (capabilities[name] !== declared) throw lie(stage.descriptor.package, name, declared)
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

function lie(name: string, capability: string, declared: boolean): TriggerkitError {
  const message = `the descriptor of ${name} declares ${capability}: ${String(declared)}, and the runner says otherwise; make them one constant`
  return new TriggerkitError('InvalidArgument', message, { details: { package: name, capability } })
}
