import { setTimeout as elapse } from 'node:timers/promises'

import { startRedis, until } from '@triggerkit/tool-services'
import { Random } from '@triggerkit/tool-simulator'

import { Client } from './client.js'
import { assemble } from './crew.js'
import type { FaultReport } from './fault-report.js'
import { heldBack, Inquest } from './inquest.js'
import type { FaultOptions, Judged } from './inquest.js'

export interface KillOptions extends FaultOptions {
  readonly kills: number
}

const SESSIONS_A_KILL = 24
const ANSWERS_AT_MOST = 60
const DELAY_AT_MOST = 50
const DOWN_AT_MOST = 1_500
/** So many kills later, the sessions of a kill must have come to their end. */
const BEHIND = 4
const PROCESSES = 4
const BULLMQ_EVERY = 8

/**
 * A Redis with `appendfsync always` that is killed and started again over its files, while clients fire and tasks run, most of them in
 * process, those of one session in eight by BullMQ. A recovery is the time from a kill to the answer of a firing that waited for it.
 */
export async function runRedis(options: KillOptions): Promise<FaultReport> {
  const { seed, kills } = options
  const random = new Random(seed, 'kills')
  const workload = { seed, bullmqEvery: BULLMQ_EVERY, takesAtMost: 200 }
  const redis = await startRedis()
  const urls = { storage: redis.url, queue: redis.url }
  const crew = await assemble({ urls, direct: redis.url, size: PROCESSES, executes: true, commandTimeout: '2s', workload })
  let answers = 0
  const killedAt: number[] = []
  const client = new Client(crew.applications, () => (answers += 1))
  const inquest = new Inquest({ ...crew, client, recoveries: (judged) => waits(judged, killedAt) }, options)

  const begin = (round: number): Promise<void> => heldBack(inquest.runAll(round * SESSIONS_A_KILL + 1, SESSIONS_A_KILL))
  const rounds: Promise<void>[] = []
  try {
    for (let round = 0; round < kills && !inquest.late; round += 1) {
      const after = answers + random.below(ANSWERS_AT_MOST)
      rounds.push(begin(round))
      await Promise.race([until(() => answers >= after, 'clients get answers'), rounds[round]])
      await elapse(random.below(DELAY_AT_MOST))
      killedAt.push(Date.now())
      await redis.kill()
      await elapse(random.below(DOWN_AT_MOST))
      await redis.restart()
      await rounds[round - BEHIND]
      options.onProgress?.(`kill ${round + 1} of ${kills}, ${answers} firings answered`)
    }
    await Promise.all(rounds)
    return await inquest.report({ 'Redis killed': killedAt.length })
  } finally {
    await crew.close()
    await redis.stop()
  }
}

/** How long those firings waited that were under way when Redis was killed. */
function waits({ told }: Judged, killedAt: readonly number[]): readonly number[] {
  return told.flatMap(({ since, answeredAt }) => {
    const first = killedAt.find((at) => since <= at && at < answeredAt)
    return first === undefined ? [] : [answeredAt - first]
  })
}
