import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { Job, Runner, Timed } from '@triggerkit/contracts'
import { TaskRegistry } from '@triggerkit/registry'
import type { Effect, RunnerTraits } from '@triggerkit/core'
import { CommitLoop } from './commit-loop.js'
import { Deadlines } from './deadlines.js'
import { Executions } from './executions.js'
import { handOver } from './hand-over.js'
import { IdSequence } from './ids.js'
import { managerTraits } from './manager-traits.js'
import type { ManagerTraits } from './manager-traits.js'
import { knownKey } from './options.js'
import type { Settings } from './options.js'
import { Owner } from './owner.js'
import { StorageTime } from './storage-time.js'

/** How many sessions are kept in memory while nothing goes on in them. */
const MAX_IDLE_SESSIONS = 1_000

/** What the parts of one application share: its settings, and the state of this process. */
export class Engine {
  readonly settings: Settings
  readonly tasks: TaskRegistry = new TaskRegistry()
  readonly time: StorageTime
  readonly ids: IdSequence
  readonly deadlines: Deadlines
  readonly executions: Executions
  readonly owner: Owner
  readonly traits: ReadonlyMap<string, ManagerTraits>
  closed = false
  readonly #loops = new Map<string, CommitLoop>()
  readonly #told = new Set<string>()

  constructor(settings: Settings) {
    this.settings = settings
    this.time = new StorageTime(settings.clock)
    this.ids = new IdSequence(settings.ids)
    this.deadlines = new Deadlines(settings.clock)
    this.executions = new Executions((job) => this.#cancel(job))
    this.owner = new Owner(this)
    const executes = (): boolean => this.owner.id !== null
    this.traits = managerTraits(settings, { has: (run) => this.tasks.has(run), executes })
  }

  /** The traits of the manager with that key; @throws `UnknownKey` */
  managerTraits(key: string): ManagerTraits {
    return knownKey('manager', key, this.traits)
  }

  runnerTraits(key: string): RunnerTraits | undefined {
    return this.managerTraits('default').runners.get(key)
  }

  runner(key: string): Runner | undefined {
    return this.settings.runners.get(key)
  }

  /** The commit loop of a session; one for each that is in use, and a limited number of idle ones. */
  loop(uid: string): CommitLoop {
    if (this.closed) throw new TriggerkitError('Closed', 'These triggers were closed. Make new ones with createTriggers.')
    const loop = this.#loops.get(uid) ?? new CommitLoop(uid, this)
    this.#loops.delete(uid)
    this.#loops.set(uid, loop)
    if (this.#loops.size > MAX_IDLE_SESSIONS) this.#evict()
    return loop
  }

  #evict(): void {
    for (const [uid, { idle }] of this.#loops) {
      if (this.#loops.size <= MAX_IDLE_SESSIONS) return
      if (idle) this.#loops.delete(uid)
    }
  }

  /** Whether commands are queued or under way in any session. */
  get busy(): boolean {
    return [...this.#loops.values()].some(({ idle }) => !idle)
  }

  /** Calls the storage, takes the time from its answer, and tells its errors in one way. */
  async call<TAnswer extends Timed>(ask: () => Promise<TAnswer>): Promise<TAnswer> {
    try {
      return this.time.hear(await ask())
    } catch (error) {
      if (isTriggerkitError(error)) throw error
      throw new TriggerkitError('StorageUnavailable', 'The storage did not answer. Try again later.', { cause: error })
    }
  }

  /** Gives scheduled instances to their runners; settles when all have answered or failed. */
  handOver(loop: CommitLoop, effects: readonly Effect[]): Promise<void> | null {
    return handOver(this, loop, effects)
  }

  /** Logs a warning once, however often it comes up. */
  warnOnce(message: string, facts: Readonly<Record<string, unknown>>): void {
    const key = JSON.stringify([message, facts])
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.settings.logger.warn(message, facts)
  }

  #cancel(job: Job): void {
    const runner = this.runner(job.runner)
    runner?.cancel(job.id).catch((error: unknown) => {
      this.settings.logger.warn('A runner could not cancel a job.', { job: job.id, runner: job.runner, error: String(error) })
    })
  }
}
