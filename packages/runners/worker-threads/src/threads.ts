import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { Acceptance, Clock, Logger } from '@triggerkit/contracts'
import { Piscina } from 'piscina'

import type { Execution, Performance } from './execution.js'
import type { Settings } from './options.js'
import { Thread } from './thread.js'

/** Node's timers take no more milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1
/** How long closing waits for threads to end: what is inside native code can't be interrupted. */
const END_LIMIT_MS = 2_000

/** Who is told what happens. */
export interface ThreadsHost {
  readonly clock: Clock
  readonly logger: Logger
}

/** The threads of a runner: as many as there is work for, and no more than allowed. */
export class Threads {
  readonly #settings: Settings
  readonly #threads = new Set<Thread>()
  /** The names of the tasks, once known. */
  #tasks: ReadonlySet<string> | null = null
  #pool: Piscina | null = null
  #closed: Error | null = null
  #host!: ThreadsHost

  constructor(settings: Settings) {
    this.#settings = settings
  }

  accepts(run: string): Acceptance {
    if (this.#tasks === null) return 'unknown'
    return this.#tasks.has(run) ? 'yes' : 'no'
  }

  /**
   * Begins a first thread, and learns what tasks there are.
   * @throws `InvalidArgument`, `DuplicateKey`, `InvalidName`, `TimeLimitExceeded` for modules that can't be used
   */
  async open(host: ThreadsHost): Promise<void> {
    this.#host = host
    this.#pool = this.#createPool(host.logger)
    try {
      const tasks = await this.#begin(this.#pool).loaded
      this.#tasks = new Set(tasks.map(({ name }) => name))
    } catch (error) {
      await this.#destroy()
      throw error
    }
  }

  /** Has a task run in the thread that has least to do, or in a new one. @throws what it was closed with */
  perform(performance: Performance): Execution {
    if (this.#closed !== null) throw this.#closed
    const idlest = this.#idlest()
    const isFull = this.#threads.size >= this.#settings.threads
    const thread = idlest !== null && (idlest.load === 0 || isFull) ? idlest : this.#begin(this.#pool as Piscina)
    return thread.perform(performance)
  }

  /** Ends all threads, whatever they do. */
  async close(reason: Error): Promise<void> {
    this.#closed = reason
    for (const thread of this.#threads) thread.doom(reason)
    await this.#destroy()
  }

  #idlest(): Thread | null {
    let idlest: Thread | null = null
    for (const thread of this.#threads) if (idlest === null || thread.load < idlest.load) idlest = thread
    return idlest
  }

  #begin(pool: Piscina): Thread {
    const thread = new Thread({
      pool,
      settings: this.#settings,
      clock: this.#host.clock,
      onEnd: (ended, crash) => {
        this.#threads.delete(ended)
        if (crash !== null) this.#warn(crash)
      },
    })
    this.#threads.add(thread)
    return thread
  }

  #createPool(logger: Logger): Piscina {
    const { threads, idleTimeout, resourceLimits, execArgv } = this.#settings
    try {
      const pool = new Piscina({
        // One is kept: the next task finds it ready, and a thread that can't begin at all is told to who waits for it.
        minThreads: 1,
        maxThreads: threads,
        idleTimeout: idleTimeout > LONGEST_TIMER ? Infinity : idleTimeout,
        // Otherwise a thread without a task sleeps, and the timers and sockets that tasks left there sleep with it.
        atomics: 'disabled',
        ...(resourceLimits !== null && { resourceLimits: { ...resourceLimits } }),
        ...(execArgv !== null && { execArgv: [...execArgv] }),
      })
      // An 'error' that nobody hears would end the process.
      return pool.on('error', (error: Error) => this.#warn(error, logger))
    } catch (error) {
      if (isTriggerkitError(error)) throw error
      const message = `The threads can't start: ${error instanceof Error ? error.message : String(error)}. Check execArgv and resourceLimits.`
      throw new TriggerkitError('InvalidArgument', message, { cause: error })
    }
  }

  async #destroy(): Promise<void> {
    const pool = this.#pool
    if (pool === null) return
    // Else a thread that ends late, having been inside native code, would be replaced by one that nobody ends.
    pool.options.minThreads = 0
    let timer: unknown
    const limit = new Promise<void>((resolve) => (timer = this.#host.clock.setTimer(resolve, END_LIMIT_MS)))
    await Promise.race([pool.destroy(), limit])
    this.#host.clock.clearTimer(timer)
  }

  #warn(crash: Error, logger: Logger = this.#host.logger): void {
    try {
      logger.warn('A thread has ended while it had no task; another takes its place.', { runner: this.#settings.key, error: crash })
    } catch {
      // A logger that throws must not stop the runner, and there is nobody else to tell.
      return
    }
  }
}
