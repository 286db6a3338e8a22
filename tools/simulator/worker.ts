// Simulates every nth seed, and tells what came of them, some at a time.
import { systemWith } from './build-system.js'
import { planOf } from './plan.js'
import { simulate } from './simulation.js'
import * as real from './system-entry.js'
import { add, emptyTally, tallyOf } from './tally.js'
import type { Assignment } from './pool.js'

const BATCH = 25

async function work({ first, last, stride, defect, stopAtFailure }: Assignment): Promise<void> {
  const system = defect === undefined ? real : await systemWith(defect)
  let tally = emptyTally()
  for (let seed = first; seed <= last; seed += stride) {
    add(tally, tallyOf(seed, await simulate(planOf(seed), system)))
    const done = stopAtFailure && tally.failed > 0
    if (tally.seeds === BATCH || done) {
      process.send?.(tally)
      tally = emptyTally()
    }
    if (done) break
  }
  process.send?.(tally, () => process.disconnect())
}

process.once('message', (assignment: Assignment) => {
  work(assignment).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
