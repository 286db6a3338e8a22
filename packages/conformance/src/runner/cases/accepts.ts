import { conformanceTasks } from '../conformance-tasks.js'
import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'

const NOBODYS = ['conformance.nobodys', '__proto__', 'constructor', '']

export const acceptsCases: readonly RunnerCase[] = [
  {
    id: 'runner/accepts/what-it-can-run',
    promise: 'A runner never says no to a task function that it can run, started or not.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      const namesRefused = (): string[] => conformanceTasks.map(({ name }) => name).filter((name) => runner.accepts?.(name) === 'no')

      demandEqual(namesRefused(), [], 'what it refuses before the start')
      await stage.start(runner)
      demandEqual(namesRefused(), [], 'what it refuses after the start')
    },
  },
  {
    id: 'runner/accepts/not-what-it-cannot-run',
    promise: 'A runner never says yes to a task function that does not exist; it says no, or that it does not know.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()

      for (const name of NOBODYS) {
        const answer = runner.accepts?.(name) ?? 'unknown'
        demand(answer === 'no' || answer === 'unknown', `it accepts ${JSON.stringify(name)} with ${JSON.stringify(answer)}`)
      }
    },
  },
  {
    id: 'runner/accepts/speaks-for-code-elsewhere',
    promise: 'A runner whose code lives elsewhere says itself what it accepts: the engine would answer for its own functions.',
    requires: { elsewhere: true },
    run: async (stage) => {
      const runner = await stage.open()

      demand(typeof runner.accepts === 'function', 'it has no method accepts')
    },
  },
]
