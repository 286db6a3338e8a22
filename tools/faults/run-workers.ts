import { setTimeout as elapse } from 'node:timers/promises'

import { startRedis } from '@triggerkit/tool-services'
import { Random } from '@triggerkit/tool-simulator'

import { Client } from './client.js'
import { assemble } from './crew.js'
import type { Testimony } from './evidence.js'
import type { FaultReport } from './fault-report.js'
import { heldBack, Inquest } from './inquest.js'
import type { Judged } from './inquest.js'
import type { KillOptions } from './run-redis.js'
import { WorkForce } from './work-force.js'
import type { Frozen } from './work-force.js'

const SESSIONS_A_KILL = 10
/** So many kills later, the sessions of a kill must have come to their end. */
const BEHIND = 20
const WORKERS = 4
const WEB_PROCESSES = 2
const LONGEST_TASK = 2_000
const [LEAST_DELAY, MOST_DELAY] = [50, 900]
/** With every tenth kill, beginning with the third, another worker is frozen. */
const [FREEZE_EVERY, FIRST_FREEZE] = [10, 2]
/** Longer than a lease. */
const [LEAST_FREEZE, MOST_FREEZE] = [9_000, 12_000]

/**
 * Workers on BullMQ and Redis that are killed while they run tasks, each replaced by a new one; now and then another one is frozen beyond
 * its lease, and comes back with a late result. A recovery is the time from a kill to the moment at which a task that the dead worker ran
 * runs again.
 */
export async function runWorkers(options: KillOptions): Promise<FaultReport> {
  const { seed } = options
  const workload = { seed, bullmqEvery: 1, takesAtMost: LONGEST_TASK }
  const redis = await startRedis()
  const urls = { storage: redis.url, queue: redis.url }
  const crew = await assemble({ urls, direct: redis.url, size: WEB_PROCESSES, executes: false, commandTimeout: '10s', workload })
  const force = new WorkForce(redis.url, (testimony) => {
    late.hear(testimony)
    crew.evidence.hear(testimony)
  })
  const late = new LateResults(force.frozen)
  const around = { ...crew, client: new Client(crew.applications), refresh: () => force.readJournals() }
  const inquest = new Inquest({ ...around, recoveries: (judged) => takeovers(judged, force.killed) }, options)
  try {
    await force.hire(WORKERS)
    await harass(force, inquest, options)
    force.readJournals()
    return await inquest.report({ 'worker killed': force.killed.length, 'worker frozen beyond its lease': force.frozen.length, 'result after the lease': late.count })
  } finally {
    await force.dismiss()
    await crew.close()
    await redis.stop()
  }
}

/** Kills and freezes workers at moments that the seed decides, while sessions begin. Resolves when all have ended, and all have thawed. */
async function harass(force: WorkForce, inquest: Inquest, { seed, kills, onProgress }: KillOptions): Promise<void> {
  const random = new Random(seed, 'kills')
  const [rounds, freezes]: [Promise<void>[], Promise<void>[]] = [[], []]
  for (let round = 0; round < kills && !inquest.late; round += 1) {
    const [delay, choice, other, freeze] = [random.between(LEAST_DELAY, MOST_DELAY), random.below(1_000), random.below(1_000), random.between(LEAST_FREEZE, MOST_FREEZE)]
    await force.complete()
    rounds.push(heldBack(inquest.runAll(round * SESSIONS_A_KILL + 1, SESSIONS_A_KILL)))
    await elapse(delay)
    if (round % FREEZE_EVERY === FIRST_FREEZE) freezes.push(thawed(force, await force.freeze(other), freeze))
    await force.kill(choice)
    await rounds[round - BEHIND]
    onProgress?.(`kill ${round + 1} of ${kills}`)
  }
  await Promise.all([...rounds, ...freezes])
  // What thawed last still has to come with its late results.
  await elapse(freezes.length > 0 ? LONGEST_TASK : 0)
}

async function thawed(force: WorkForce, frozen: Frozen, after: number): Promise<void> {
  await elapse(after)
  force.thaw(frozen)
}

/** How long it was from each kill until what the dead worker ran was run again. What it had brought to an end before isn't. */
function takeovers({ evidence: { began, ended }, verdict: { outcomes } }: Judged, kills: WorkForce['killed']): readonly number[] {
  return kills.flatMap((kill) => {
    const cut = began.filter(({ by, attempt, instance }) => {
      const outcome = outcomes.get(instance)
      const isItsOwn = outcome?.by === by && outcome.attempt === attempt
      return by === kill.name && !isItsOwn && !ended.some((run) => run.by === by && run.instance === instance && run.attempt === attempt)
    })
    return cut.flatMap(({ instance }) => {
      const again = began.filter((run) => run.instance === instance && run.by !== kill.name && run.at > kill.at).map(({ at }) => at - kill.at)
      return again.length === 0 ? [] : [Math.min(...again)]
    })
  })
}

/** Counts runs that began before their worker froze and ended after it thawed: their results are late. */
class LateResults {
  count = 0
  readonly #frozen: readonly Frozen[]

  constructor(frozen: readonly Frozen[]) {
    this.#frozen = frozen
  }

  hear(testimony: Testimony): void {
    if (testimony.kind !== 'ended') return
    const { by, at, endedAt } = testimony
    if (this.#frozen.some(({ worker, from, until }) => worker.name === by && at < from && endedAt >= until)) this.count += 1
  }
}
