import { demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'

export const startCases: readonly RunnerCase[] = [
  {
    id: 'runner/start/second-is-refused',
    promise: 'A runner is started once: a second start rejects with InvalidArgument and changes nothing.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()

      await stage.demandRefusal(runner.start(stage.host), 'InvalidArgument', 'a second start')

      await stage.goesOn(runner, 'a refused second start')
      demandEqual(stage.host.deliveries.length, 1, 'the number of executions of one job')
    },
  },
  {
    id: 'runner/start/after-close-is-refused',
    promise: 'A closed runner cannot be started: that rejects with Closed.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      await stage.close(runner, true)

      await stage.demandRefusal(runner.start(stage.host), 'Closed', 'a start after close')
    },
  },
]
