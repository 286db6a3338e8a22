import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { systemWith } from './build-system.js'
import { DEFECTS } from './defects.js'
import { planOf } from './plan.js'
import type { Plan } from './plan.js'
import { simulateMany } from './pool.js'
import { shrink } from './shrink.js'
import { simulate } from './simulation.js'
import { storyOf } from './story.js'
import * as real from './system-entry.js'
import { toTable } from './tally.js'

const MINUTE = 60_000
/** The shrunk plans by which bugs were found that have been mended since. */
const REGRESSIONS = new URL('./regressions/', import.meta.url)
/** How many seeds each push tries: some three minutes on two cores that do nothing else. By command there may be any number. */
const SEEDS = 20_000
/** Within how many seeds every planted bug must be found out. */
const ENOUGH = 1_000

describe('the simulator', () => {
  it('repeats a seed to the last byte, in one process and from process to process', async () => {
    const seeds = [1, 2, 3, 4, 5, 6]

    const hashes = async (): Promise<readonly string[]> => {
      const found: string[] = []
      for (const seed of seeds) found.push((await simulate(planOf(seed), real)).hash)
      return found
    }
    const [once, again] = [await hashes(), await hashes()]
    const alone = await simulateMany({ seed: 1, seeds: seeds.length, workers: 1 })
    const together = await simulateMany({ seed: 1, seeds: seeds.length, workers: 2 })

    const all = once.reduce((sum, hash) => sum ^ BigInt(`0x${hash.slice(0, 16)}`), 0n).toString(16).padStart(16, '0')
    expect(again).toEqual(once)
    expect(new Set(once).size).toBe(seeds.length)
    expect([alone.hash, together.hash]).toEqual([all, all])
  }, MINUTE)

  it(`finds no violation in ${SEEDS} seeds, each with ten faults or more`, async () => {
    const tally = await simulateMany({ seed: 1, seeds: SEEDS })

    console.log(toTable(tally))
    expect(tally.failures.map(({ seed, violations: [first] }) => `seed ${seed}: ${first?.invariant} ${first?.message}`)).toEqual([])
    expect(tally.seeds).toBe(SEEDS)
    expect(tally.leastFaults).toBeGreaterThanOrEqual(10)
  }, 40 * MINUTE)

  it.each(readdirSync(REGRESSIONS))('finds no violation where there was one: %s', async (file) => {
    const plan = JSON.parse(readFileSync(new URL(file, REGRESSIONS), 'utf8')) as Plan

    const { violations } = await simulate(plan, real)

    expect(violations).toEqual([])
  }, MINUTE)

  it('shrinks a failing seed to a short story, and names the command that repeats it', async () => {
    const system = await systemWith('idempotency-key-dropped')
    const plan = planOf(await firstFailing('idempotency-key-dropped'))

    const shortest = await shrink(plan, system)

    if (shortest === null) throw new Error('The seed does not fail again.')
    const parts = ({ steps, faults }: typeof plan): number => steps.length + faults.length
    expect(parts(shortest.plan)).toBeLessThan(parts(plan) / 4)
    expect(storyOf(plan, shortest, 'idempotency-key-dropped')).toMatch(/VIOLATION S\d[\s\S]*npm run simulate -- --seeds 1 --seed \d+ --steps [\d,]+ --faults .* --defect idempotency-key-dropped/)
  }, MINUTE)
})

describe('a planted bug', () => {
  it.each(DEFECTS.map(({ id, what }) => [id, what] as const))(`is found out within ${ENOUGH} seeds: %s (%s)`, async (id) => {
    const { failures, seeds } = await simulateMany({ seed: 1, seeds: ENOUGH, defect: id, stopAtFailure: true })

    console.log(`${id}: found out after ${seeds} seeds, by ${failures[0]?.violations[0]?.invariant} at seed ${failures[0]?.seed}`)
    expect(failures, id).not.toEqual([])
  }, 5 * MINUTE)

  it('is listed in the README, and nothing else is', async () => {
    const readme = await readFile(new URL('./README.md', import.meta.url), 'utf8')

    const listed = [...readme.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| [CS]\d/gm)].map(([, id, what]) => [id, what])

    expect(listed).toEqual(DEFECTS.map(({ id, what }) => [id, what]))
  })

  it('is refused where nobody knows it', async () => {
    await expect(systemWith('no-such-bug')).rejects.toThrow('There is no defect "no-such-bug"; known are cascade-later')
  })
})

async function firstFailing(defect: string): Promise<number> {
  const { failures } = await simulateMany({ seed: 1, seeds: ENOUGH, defect, stopAtFailure: true })
  return failures[0]?.seed ?? 0
}
