import { defineCommand, runMain } from 'citty'

import { systemWith } from './build-system.js'
import { planOf } from './plan.js'
import { simulateMany } from './pool.js'
import { selected, shrink } from './shrink.js'
import { simulate } from './simulation.js'
import { commandFor, storyOf } from './story.js'
import * as real from './system-entry.js'
import { toTable } from './tally.js'
import type { Tally } from './tally.js'

const main = defineCommand({
  meta: { name: 'simulate', description: 'Runs the real engine in simulated processes with faults at every await. A violated invariant fails the command, and its story is told.' },
  args: {
    seeds: { type: 'string', default: '1000', description: 'how many seeds' },
    seed: { type: 'string', default: '1', description: 'the first of them' },
    json: { type: 'boolean', default: false, description: 'the tally as JSON instead of a table' },
    story: { type: 'boolean', default: false, description: 'tell what happens with the first seed' },
    steps: { type: 'string', description: 'of the first seed only these steps of its clients, such as 1,4 or none' },
    faults: { type: 'string', description: 'of the first seed only these faults, such as 2,7 or none' },
    defect: { type: 'string', description: 'plant a bug, by its id' },
    workers: { type: 'string', description: 'how many processes; as many as there are cores unless given' },
  },
  async run({ args }) {
    const seed = whole('seed', args.seed)
    if (args.story || args.steps !== undefined || args.faults !== undefined) {
      return tell(seed, { steps: numbers(args.steps), faults: numbers(args.faults) }, args.defect)
    }
    const workers = args.workers === undefined ? {} : { workers: whole('workers', args.workers) }
    const tally = await simulateMany({ seed, seeds: whole('seeds', args.seeds), defect: args.defect, ...workers, ...progress() })
    console.log(args.json ? JSON.stringify(tally, null, 2) : toTable(tally))
    if (tally.failed === 0) return
    process.exitCode = 1
    if (!args.json) await tellShrunk(tally, args.defect)
  },
})

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
  if (shortest === null) console.log(`\nSeed ${first.seed} does not fail again: something in it is not owned by the scheduler.\n${commandFor(plan, plan, defect)}`)
  else console.log(`\n${storyOf(plan, shortest, defect)}`)
}

function progress(): { onProgress?: (tally: Tally) => void } {
  if (!process.stderr.isTTY) return {}
  return { onProgress: ({ seeds, failed }) => void process.stderr.write(`\r${seeds.toLocaleString('en')} seeds, ${failed} with violations `) }
}

function whole(name: string, value: string): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number > 0) return number
  console.error(`--${name} takes a whole number above 0, not ${JSON.stringify(value)}.`)
  process.exit(2)
}

function numbers(list: string | undefined): number[] | undefined {
  return list === undefined ? undefined : list === 'none' ? [] : list.split(',').map((number) => whole('steps and --faults', number))
}

await runMain(main)
