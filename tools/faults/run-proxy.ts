import { startLossyProxy, startRedis } from '@triggerkit/tool-services'
import type { LossyProxy } from '@triggerkit/tool-services'
import { Random } from '@triggerkit/tool-simulator'

import { Client } from './client.js'
import { assemble } from './crew.js'
import type { FaultReport } from './fault-report.js'
import { Inquest } from './inquest.js'
import type { FaultOptions, Judged } from './inquest.js'

export interface ProxyOptions extends FaultOptions {
  readonly sessions: number
}

/** One reply in twenty is swallowed, and its connection with it. */
const SWALLOW_EVERY = 20
const [LEAST_CUT, MOST_CUT] = [200, 2_000]
const SESSIONS_AT_ONCE = 64
const PROCESSES = 4
// A cut connection of BullMQ's waits for a second, and a job whose taker heard nothing for ten: in process it is milliseconds.
const BULLMQ_EVERY = 50

/**
 * Sessions on a real Redis whose replies get lost: storage and queue each have a proxy that swallows one in twenty replies, and
 * all connections are cut at random. Most sessions run their tasks in process, one in fifty by BullMQ.
 */
export async function runProxy(options: ProxyOptions): Promise<FaultReport> {
  const { seed, sessions } = options
  const redis = await startRedis()
  const [before, queue] = [await startLossyProxy(redis.port), await startLossyProxy(redis.port)]
  const workload = { seed, bullmqEvery: BULLMQ_EVERY, takesAtMost: 20 }
  const urls = { storage: urlOf(before), queue: urlOf(queue) }
  const crew = await assemble({ urls, direct: redis.url, size: PROCESSES, executes: true, commandTimeout: '500ms', workload })
  const inquest = new Inquest({ ...crew, client: new Client(crew.applications), recoveries: repetitions }, options)
  const chaos = new Cuts(seed, [before, queue])
  try {
    await inquest.runAll(1, sessions, SESSIONS_AT_ONCE)
    chaos.stop()
    return await inquest.report({ 'reply swallowed': before.lost + queue.lost, 'all connections cut': chaos.cuts })
  } finally {
    chaos.stop()
    await crew.close()
    await Promise.all([before.stop(), queue.stop()])
    await redis.stop()
  }
}

function urlOf({ port }: LossyProxy): string {
  return `redis://127.0.0.1:${port}`
}

/** How long clients waited from the first rejection of a firing to its answer. */
function repetitions({ told }: Judged): readonly number[] {
  return told.flatMap(({ rejectedAt, answeredAt }) => (rejectedAt === null ? [] : [answeredAt - rejectedAt]))
}

/** Swallows replies, and cuts all connections of one proxy or the other at moments that the seed decides. */
class Cuts {
  cuts = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(seed: number, proxies: readonly LossyProxy[]) {
    const random = new Random(seed, 'cuts')
    for (const proxy of proxies) proxy.loseReplies({ every: SWALLOW_EVERY })
    const cut = (): void => {
      random.pick(proxies).cut()
      this.cuts += 1
      this.#timer = setTimeout(cut, random.between(LEAST_CUT, MOST_CUT))
    }
    this.#timer = setTimeout(cut, random.between(LEAST_CUT, MOST_CUT))
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
