import { runTool } from '@triggerkit/tool-command-line'
import { defineCommand } from 'citty'

import { systemWith } from './build-system.js'
import { tryConditioned, tryJoins } from './orders/orders.js'
import type { OrderReport, OutcomesListener } from './orders/orders.js'
import type { Size } from './orders/small-configurations.js'
import { planOf } from './plan.js'
import { simulateMany } from './pool.js'
import { selected, shrink } from './shrink.js'
import { simulate } from './simulation.js'
import { commandFor, storyOf } from './story.js'
import * as real from './system-entry.js'
import { toTable } from './tally.js'
import type { Tally } from './tally.js'
import { wholeOption } from './whole-option.js'

const main = defineCommand({
  meta: { name: 'simulate', description: 'Runs the real engine in simulated processes with faults at every await. If an invariant is violated, the command fails and tells the story of the run.' },
  args: {
    seeds: { type: 'string', default: '1000', description: 'how many seeds' },
    seed: { type: 'string', default: '1', description: 'the first seed' },
    json: { type: 'boolean', default: false, description: 'the tally as JSON instead of a table' },
    story: { type: 'boolean', default: false, description: 'tell the story of the first seed' },
    steps: { type: 'string', description: 'with the first seed, only these steps of its clients, such as 1,4 or none' },
    faults: { type: 'string', description: 'with the first seed, only these faults, such as 2,7 or none' },
    defect: { type: 'string', description: 'plant a defect, by its id' },
    orders: { type: 'boolean', default: false, description: 'try every order of arrival with every small configuration instead' },
    conditions: { type: 'boolean', default: false, description: 'with --orders: include unless and andEvery, and list the outcomes of each configuration' },
    tasks: { type: 'string', default: '3', description: 'with --orders: how many tasks' },
    triggers: { type: 'string', default: '3', description: 'with --orders: how many triggers' },
    workers: { type: 'string', description: 'how many processes; default: as many as there are cores' },
  },
  async run({ args }) {
    if (args.orders) return tellOrders({ tasks: wholeOption('tasks', args.tasks), triggers: wholeOption('triggers', args.triggers) }, args.conditions)
    const seed = wholeOption('seed', args.seed)
    if (args.story || args.steps !== undefined || args.faults !== undefined) {
      return tell(seed, { steps: numbers(args.steps), faults: numbers(args.faults) }, args.defect)
    }
    const workers = args.workers === undefined ? {} : { workers: wholeOption('workers', args.workers) }
    const tally = await simulateMany({ seed, seeds: wholeOption('seeds', args.seeds), defect: args.defect, ...workers, ...progress() })
    console.log(args.json ? JSON.stringify(tally, null, 2) : toTable(tally))
    if (tally.failed === 0) return
    process.exitCode = 1
    if (!args.json) await tellShrunk(tally, args.defect)
  },
})

/** Tries every order of arrival, and tells which outcomes there are where that may decide. */
function tellOrders(size: Size, conditions: boolean): void {
  const list: OutcomesListener = (configuration, outcomes) => {
    console.log(`${configuration}: ${outcomes.size} outcomes`)
    for (const [outcome, orders] of outcomes) console.log(`  ${outcome}  after ${orders.join('; ')}`)
  }
  const tell = ({ configurations, runs }: OrderReport): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${configurations.toLocaleString('en')} configurations, ${runs.toLocaleString('en')} runs `)
  }
  const { configurations, runs, outcomes, endless, faults } = conditions ? tryConditioned(size, list) : tryJoins(size, tell)
  console.log(`${configurations.toLocaleString('en')} configurations, ${runs.toLocaleString('en')} runs, ${endless} of them endless`)
  for (const [different, count] of [...outcomes].sort(([left], [right]) => left - right)) console.log(`  with ${different} outcomes: ${count.toLocaleString('en')} configurations`)
  for (const fault of faults) console.log(fault)
  if (faults.length > 0) process.exitCode = 1
}

/** Tells the story of one run. */
async function tell(seed: number, selection: { steps: number[] | undefined; faults: number[] | undefined }, defect: string | undefined): Promise<void> {
  const plan = planOf(seed)
  const part = selected(plan, { ...(selection.steps && { steps: selection.steps }), ...(selection.faults && { faults: selection.faults }) })
  const outcome = await simulate(part, defect === undefined ? real : await systemWith(defect))
  console.log(`${storyOf(plan, { plan: part, outcome }, defect)}\n\nhash ${outcome.hash}`)
  if (outcome.violations.length > 0) process.exitCode = 1
}

async function tellShrunk({ failures }: Tally, defect: string | undefined): Promise<void> {
  const [first] = failures
  if (first === undefined) return
  for (const { seed, violations } of failures) console.log(`seed ${seed}: ${violations[0]?.invariant} ${violations[0]?.message}`)
  const plan = planOf(first.seed)
  const shortest = await shrink(plan, defect === undefined ? real : await systemWith(defect))
  if (shortest === null) console.log(`\nSeed ${first.seed} did not fail again: something in it is not controlled by the scheduler.\n${commandFor(plan, plan, defect)}`)
  else console.log(`\n${storyOf(plan, shortest, defect)}`)
}

function progress(): { onProgress?: (tally: Tally) => void } {
  if (!process.stderr.isTTY) return {}
  return { onProgress: ({ seeds, failed }) => void process.stderr.write(`\r${seeds.toLocaleString('en')} seeds, ${failed} with violations `) }
}

function numbers(list: string | undefined): number[] | undefined {
  return list === undefined ? undefined : list === 'none' ? [] : list.split(',').map((number) => wholeOption('steps and --faults', number))
}

await runTool(main)
