import type { RunnerHost, Timer } from '@triggerkit/contracts'

/** A worker, as far as it is watched. */
export interface Watched {
  readonly queue: string
  readonly taken: number
  readonly hasRoom: boolean
}

/** What a watchdog needs to know, and whom it tells. */
export interface Watch {
  readonly host: RunnerHost
  /** Milliseconds without progress after which a worker counts as stopped. */
  readonly limit: number
  readonly workers: () => Iterable<Watched>
  /** The job that is next in a queue; `null` if there is none that may be taken now. */
  readonly next: (queue: string) => Promise<string | null>
  readonly stopped: (worker: Watched, facts: { readonly job: string; readonly waited: number }) => void
}

/** What was last seen of a worker's queue, and since when. */
interface Sight {
  readonly job: string | null
  readonly taken: number
  readonly since: number
}

/** How often a watchdog looks within its limit. */
const LOOKS = 4

/**
 * Notices workers that have silently stopped. It watches progress and not connections, for a worker that takes nothing any more may
 * still call itself running (taskforcesh/bullmq#4479, #4585; reliability: pitfall 6): the same job is next in its queue for all that
 * time, while the worker has room and takes none.
 */
export class Watchdog {
  readonly #watch: Watch
  readonly #sights = new Map<Watched, Sight>()
  #timer: Timer | null = null
  #ended = false

  constructor(watch: Watch) {
    this.#watch = watch
  }

  begin(): void {
    const { host, limit } = this.#watch
    if (!this.#ended) this.#timer = host.clock.setTimer(() => void this.#look().finally(() => this.begin()), limit / LOOKS, true)
  }

  end(): void {
    this.#ended = true
    if (this.#timer !== null) this.#watch.host.clock.clearTimer(this.#timer)
  }

  async #look(): Promise<void> {
    await Promise.all([...this.#watch.workers()].map((worker) => this.#lookAt(worker).catch(() => this.#sights.delete(worker))))
  }

  async #lookAt(worker: Watched): Promise<void> {
    const { host, limit, next, stopped } = this.#watch
    const { taken, hasRoom } = worker
    const job = await next(worker.queue)
    const now = host.clock.monotonic()
    const before = this.#sights.get(worker)
    const idle = job !== null && hasRoom && before?.job === job && before.taken === taken && worker.taken === taken
    if (!idle) this.#sights.set(worker, { job, taken, since: now })
    else if (now - before.since >= limit && !this.#ended) {
      this.#sights.delete(worker)
      stopped(worker, { job, waited: now - before.since })
    }
  }
}
