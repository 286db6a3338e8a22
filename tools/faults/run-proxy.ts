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
/** Once, amid the first sessions' firings, the storage's replies are all swallowed for four times as long as a command may take. */
const [OUTAGE_AFTER_ANSWERS, OUTAGE_LASTS] = [100, 2_000]
const SESSIONS_AT_ONCE = 64
const PROCESSES = 4
// A cut connection of BullMQ's waits for a second, and a job whose taker heard nothing for ten: in process it is milliseconds.
const BULLMQ_EVERY = 50

/**
 * Sessions on a real Redis whose replies get lost: storage and queue each have a proxy that swallows one in twenty replies, and
 * all connections are cut at random; the storage once answers nobody for two seconds. Most sessions run their tasks in process, one in fifty by BullMQ.
 */
export async function runProxy(options: ProxyOptions): Promise<FaultReport> {
  const { seed, sessions } = options
  const redis = await startRedis()
  const [before, queue] = [await startLossyProxy(redis.port), await startLossyProxy(redis.port)]
  const workload = { seed, bullmqEvery: BULLMQ_EVERY, takesAtMost: 20 }
  const urls = { storage: urlOf(before), queue: urlOf(queue) }
  const crew = await assemble({ urls, direct: redis.url, size: PROCESSES, executes: true, commandTimeout: '500ms', workload })
  const chaos = new Chaos(seed, before, queue)
  const client = new Client(crew.applications, () => chaos.countAnswer())
  const inquest = new Inquest({ ...crew, client, recoveries: repetitions }, options)
  try {
    await inquest.runAll(1, sessions, SESSIONS_AT_ONCE)
    chaos.stop()
    return await inquest.report({ 'reply swallowed': before.lost + queue.lost, 'all connections cut': chaos.cuts, outage: chaos.outages })
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

/** Swallows replies, cuts all connections of one proxy or the other at moments that the seed decides, and makes one outage. */
class Chaos {
  cuts = 0
  outages = 0
  #answers = 0
  readonly #storage: LossyProxy
  readonly #timers: { cut?: NodeJS.Timeout; outage?: NodeJS.Timeout } = {}

  constructor(seed: number, storage: LossyProxy, queue: LossyProxy) {
    this.#storage = storage
    const random = new Random(seed, 'cuts')
    for (const proxy of [storage, queue]) proxy.loseReplies({ every: SWALLOW_EVERY })
    const cut = (): void => {
      random.pick([storage, queue]).cut()
      this.cuts += 1
      this.#timers.cut = setTimeout(cut, random.between(LEAST_CUT, MOST_CUT))
    }
    this.#timers.cut = setTimeout(cut, random.between(LEAST_CUT, MOST_CUT))
  }

  countAnswer(): void {
    this.#answers += 1
    if (this.#answers === OUTAGE_AFTER_ANSWERS) this.#beginOutage()
  }

  stop(): void {
    clearTimeout(this.#timers.cut)
    clearTimeout(this.#timers.outage)
    this.#endOutage()
  }

  #beginOutage(): void {
    this.outages += 1
    this.#storage.loseReplies({ every: 1 })
    this.#timers.outage = setTimeout(() => this.#endOutage(), OUTAGE_LASTS)
  }

  #endOutage(): void {
    this.#storage.loseReplies({ every: SWALLOW_EVERY })
  }
}
