import { runTool } from '@triggerkit/tool-command-line'
import { wholeOption } from '@triggerkit/tool-simulator'
import { defineCommand } from 'citty'
import type { ArgsDef, CommandDef } from 'citty'

import type { FaultReport } from './fault-report.js'
import type { FaultOptions } from './inquest.js'
import { isClean, percentile, toJson, toTable } from './report-table.js'
import { runProxy } from './run-proxy.js'
import { runRedis } from './run-redis.js'
import { runWorkers } from './run-workers.js'
import { runTabs } from './tabs/run-tabs.js'

interface Run {
  readonly description: string
  /** What is counted, and how many unless said otherwise. */
  readonly count: readonly [option: 'rounds' | 'sessions', usual: number, what: string]
  /** What 99 of 100 recoveries may take at most, in milliseconds. */
  readonly bound?: number
  readonly run: (count: number, around: Omit<FaultOptions, 'defects' | 'patience'>) => Promise<FaultReport>
}

const RUNS: Readonly<Record<string, Run>> = {
  proxy: {
    description: 'Sessions on a Redis whose replies get lost: 5 % are swallowed, and connections are cut at random.',
    count: ['sessions', 20_000, 'how many sessions'],
    run: (sessions, around) => runProxy({ sessions, ...around }),
  },
  workers: {
    description: 'Workers on BullMQ and Redis, killed (SIGKILL) while they run tasks, some frozen beyond their lease.',
    count: ['rounds', 200, 'how many kills'],
    bound: 12_000,
    run: (kills, around) => runWorkers({ kills, ...around }),
  },
  redis: {
    description: 'Redis itself, appendfsync always, killed (SIGKILL) and started again over its files.',
    count: ['rounds', 50, 'how many kills'],
    run: (kills, around) => runRedis({ kills, ...around }),
  },
  tabs: {
    description: 'Tabs of a real browser, struck at every point of firing and executing: crashed, closed, reloaded, left, frozen, their browser killed.',
    count: ['rounds', 50, 'how many times each kind of fault strikes at each point'],
    run: (rounds, around) => runTabs({ rounds, ...around }),
  },
  crashes: {
    description: 'Tabs that crash, at random points.',
    count: ['rounds', 500, 'how many crashes'],
    run: (crashes, around) => runTabs({ crashes, ...around }),
  },
}

function commandOf(name: string, { description, count: [option, usual, what], bound = Infinity, run }: Run): CommandDef {
  const args: ArgsDef = {
    [option]: { type: 'string', default: String(usual), description: what },
    seed: { type: 'string', default: '1', description: 'determines workload and faults; their timing differs from run to run' },
    minutes: { type: 'string', default: '30', description: 'after how many minutes nothing new is begun' },
    json: { type: 'boolean', default: false, description: 'the report as JSON instead of a table' },
  }
  return defineCommand({
    meta: { name, description },
    args,
    async run({ args }) {
      const [seed, minutes] = [wholeOption('seed', args['seed']), wholeOption('minutes', args['minutes'])]
      const report = await run(wholeOption(option, args[option]), { seed, minutes, onProgress: (line) => console.error(line) })
      console.log(args['json'] ? toJson(report) : toTable(report))
      const slow = (percentile(report.recoveryMs, 99) ?? 0) > bound
      if (slow) console.error(`99 of 100 recoveries must take at most ${bound.toLocaleString('en')} ms. Was the machine busy?`)
      if (slow || !isClean(report)) process.exitCode = 1
    },
  })
}

const main = defineCommand({
  meta: { name: 'faults', description: 'Runs real sessions on real servers under real faults, and reports what was lost, doubled or stuck. Any such finding makes the command fail.' },
  subCommands: Object.fromEntries(Object.entries(RUNS).map(([name, run]) => [name, commandOf(name, run)])),
})

await runTool(main)
