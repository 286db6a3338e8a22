import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { Job, LogMeta, Runner, Timed } from '@triggerkit/contracts'
import { TaskRegistry } from '@triggerkit/registry'
import type { Effect } from '@triggerkit/core'
import type { CommitLoop } from './commit-loop.js'
import type { Seen } from './build.js'
import { Commits } from './commits.js'
import { Deadlines } from './deadlines.js'
import { Executions, isCurrent } from './executions.js'
import type { Execution } from './executions.js'
import { handOver } from './hand-over.js'
import { IdSequence } from './ids.js'
import { Loops } from './loops.js'
import { LooseEnds } from './loose-ends.js'
import { managerTraits } from './manager-traits.js'
import type { ManagerTraits } from './manager-traits.js'
import { knownKey } from './options.js'
import type { Settings } from './options.js'
import { Owner } from './owner.js'
import { Pauses } from './pauses.js'
import { StorageTime } from './storage-time.js'
import { closedError } from './submission.js'
import { Untreatable } from './untreatable.js'

/** How many warnings are remembered as given. */
const MAX_TOLD = 1_000

/** What the parts of one application share: its settings, and the state of this process. */
export class Engine {
  readonly settings: Settings
  readonly tasks: TaskRegistry = new TaskRegistry()
  readonly time: StorageTime
  readonly ids: IdSequence
  readonly commits: Commits
  readonly deadlines: Deadlines
  readonly pauses: Pauses
  readonly executions: Executions
  readonly looseEnds: LooseEnds
  readonly untreatable: Untreatable = new Untreatable()
  readonly owner: Owner
  readonly traits: ReadonlyMap<string, ManagerTraits>
  readonly #loops: Loops
  readonly #told = new Set<string>()
  #stage: 'open' | 'closing' | 'closed' = 'open'
  #handOvers = 0

  constructor(settings: Settings) {
    this.settings = settings
    this.time = new StorageTime(settings.clock)
    this.ids = new IdSequence(settings.ids)
    this.commits = new Commits(settings.storage)
    this.deadlines = new Deadlines(settings.clock)
    this.pauses = new Pauses(settings.clock)
    this.executions = new Executions({ cancel: (job) => void this.cancel(job), ended: (execution) => this.#ended(execution) })
    this.#loops = new Loops(this)
    this.looseEnds = new LooseEnds(this)
    this.owner = new Owner(this)
    const executes = (): boolean => this.owner.id !== null
    this.traits = managerTraits(settings, { has: (run) => this.tasks.has(run), executes })
  }

  /** Whether only executions may still give commands. */
  get closing(): boolean {
    return this.#stage !== 'open'
  }

  get closed(): boolean {
    return this.#stage === 'closed'
  }

  /** How often something was handed over: unchanged, nothing has become ready in between. */
  get handOvers(): number {
    return this.#handOvers
  }

  /** The traits of the manager with that key; @throws `UnknownKey` */
  managerTraits(key: string): ManagerTraits {
    return knownKey('manager', key, this.traits)
  }

  runner(key: string): Runner | undefined {
    return this.settings.runners.get(key)
  }

  /** The commit loop of a session; there is one for each. */
  loop(uid: string): CommitLoop {
    if (this.closed) throw closedError()
    return this.#loops.of(uid)
  }

  /** A session as last seen here; `null` if it isn't kept, or wasn't looked at yet. */
  seen(uid: string): Readonly<Seen> | null {
    return this.#loops.find(uid)?.seen ?? null
  }

  /** A session as last seen here, be it out of date. For showing only. */
  shown(uid: string): Readonly<Seen> | null {
    return this.#loops.find(uid)?.shown ?? null
  }

  /** Calls the storage, takes the time from its answer, and tells its errors in one way. */
  async call<TAnswer extends Timed>(ask: () => Promise<TAnswer>): Promise<TAnswer> {
    try {
      return this.time.hear(await this.limited(ask()))
    } catch (error) {
      if (isTriggerkitError(error)) throw error
      throw new TriggerkitError('StorageUnavailable', 'The storage did not answer. Try again later.', { cause: error })
    }
  }

  /** What becomes of a promise within the time limit; a later outcome is nobody's concern. */
  limited<TValue>(promise: Promise<TValue>): Promise<TValue> {
    const { clock, commandTimeout } = this.settings
    return new Promise((resolve, reject) => {
      const expire = (): void => reject(this.closed ? closedError() : new Error(`There was no answer within ${commandTimeout} ms.`))
      const item = { deadline: clock.monotonic() + commandTimeout, expire }
      this.deadlines.add(item)
      promise.then(
        (value) => {
          this.deadlines.remove(item)
          resolve(value)
        },
        (error: unknown) => {
          this.deadlines.remove(item)
          reject(error)
        },
      )
    })
  }

  /** Gives scheduled instances to their runners; settles when all have answered or failed. */
  handOver(seen: Readonly<Seen>, effects: readonly Effect[]): Promise<unknown> | null {
    this.#handOvers += effects.length
    return effects.length === 0 ? null : handOver(this, seen, effects)
  }

  /** Resolves once all commands that were taken are settled. */
  async flush(): Promise<void> {
    await Promise.all(this.#loops.all().map((loop) => loop.flush()))
  }

  /** Refuses commands from now on, but for those of executions under way; these must be settled within the time limit, too. */
  beginClosing(): void {
    if (this.#stage !== 'open') return
    this.#stage = 'closing'
    for (const loop of this.#loops.all()) loop.hurry()
  }

  /** Ends all waiting; no timer is left behind. */
  end(): void {
    this.#stage = 'closed'
    this.pauses.end()
    this.deadlines.end()
  }

  /** Logs a warning once, however often it comes up. */
  warnOnce(message: string, facts?: LogMeta): void {
    const key = JSON.stringify([message, facts])
    if (this.#told.has(key)) return
    if (this.#told.size >= MAX_TOLD) this.#told.clear()
    this.#told.add(key)
    this.settings.logger.warn(message, facts)
  }

  /** Tells a job's runner to stop it. */
  async cancel(job: Job): Promise<void> {
    try {
      await this.runner(job.runner)?.cancel(job.id)
    } catch (error) {
      this.settings.logger.warn('A runner could not cancel a job.', { job: job.id, runner: job.runner, error: String(error) })
    }
  }

  #ended(execution: Execution): void {
    const { uid } = execution.job
    const seen = this.seen(uid)
    if (seen === null || isCurrent(execution, seen)) this.looseEnds.add(uid, this.time.now())
  }
}
