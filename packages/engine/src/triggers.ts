import { milliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Duration, ExecutionReport, Invoke, Job, Runner, RunnerHost, Task } from '@triggerkit/contracts'
import { checkName } from '@triggerkit/config'
import type { Workflow } from '@triggerkit/config'
import { Engine } from './engine.js'
import { execute } from './execute.js'
import { toSettings } from './options.js'
import type { TriggersOptions } from './options.js'
import { Pulse } from './pulse.js'
import { partOf } from './session-reader.js'
import { SessionView } from './session-view.js'
import { settled } from './settled.js'
import { closedError } from './submission.js'
import { sweep } from './sweep.js'
import type { ManagerOf } from './typed-manager.js'

/** An application: a storage, its runners, its managers and tasks. */
export class Triggers<TWorkflow extends Workflow = Workflow> {
  readonly #engine: Engine
  readonly #pulse: Pulse
  readonly #startedRunners = new Set<Runner>()
  #starting: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #sweeping: Promise<void> | null = null

  /** Made by {@link createTriggers}. */
  constructor(options: TriggersOptions<TWorkflow>) {
    this.#engine = new Engine(toSettings(options))
    // In JavaScript it may be no list: the registry says of anything that it is no task.
    this.#engine.tasks.register(...[options.tasks ?? []].flat())
    this.#pulse = new Pulse(this.#engine, () => this.sweep())
  }

  /**
   * The manager of a session.
   * @param options.manager - the key of its manager class; by default the application's `manager`
   * @throws `InvalidName`, `UnknownKey`
   */
  manager(uid: string, options: { readonly manager?: string } = {}): ManagerOf<TWorkflow> {
    const traits = this.#engine.managerTraits(options.manager ?? this.#engine.settings.manager)
    return new traits.managerClass({ engine: this.#engine, uid: checkName('uid', uid), traits }) as ManagerOf<TWorkflow>
  }

  /** A read-only view of a session, without a manager. @throws `InvalidName` */
  session(uid: string): SessionView {
    return new SessionView(this.#engine, checkName('uid', uid))
  }

  /** Adds task functions, at any time before their first run. @throws `DuplicateKey` */
  register(...tasks: readonly Task[]): void {
    this.#engine.tasks.register(...tasks)
  }

  /**
   * From now on this process also executes tasks, and looks after sessions whose owners died. If it rejects, it can be called again.
   * @throws `Closed`, `StorageUnavailable`
   */
  async start(): Promise<void> {
    if (this.#engine.closing) throw closedError()
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = null
      throw error
    })
    return this.#starting
  }

  async #start(): Promise<void> {
    const { settings, owner } = this.#engine
    if (owner.id === null) await owner.begin()
    for (const runner of settings.runners.values()) {
      if (this.#startedRunners.has(runner)) continue
      await runner.start(this.#host())
      this.#startedRunners.add(runner)
    }
    await this.#pulse.begin()
  }

  /** Looks after all sessions that are due now. A started process does this regularly by itself. */
  async sweep(): Promise<void> {
    this.#sweeping ??= sweep(this.#engine).finally(() => {
      this.#sweeping = null
    })
    return this.#sweeping
  }

  /** Executes a job that was handed to a runner. Runners call it through their host. */
  async execute(job: Job, invoke?: Invoke): Promise<ExecutionReport> {
    return execute(this.#engine, job, invoke)
  }

  /**
   * Resolves once nothing in the session is scheduled or running, including delayed retries.
   * @throws `SettleTimeout`, whose message names what is still under way
   */
  async settled(uid: string, { timeout = '30s' }: { readonly timeout?: Duration } = {}): Promise<void> {
    return settled(this.#engine, checkName('uid', uid), milliseconds(timeout, 'timeout'))
  }

  /** Resolves once no command is under way and no runner has anything left to do, including cascades and delayed retries. */
  async idle(): Promise<void> {
    const runners = [...this.#engine.settings.runners.values()]
    for (let before = -1; before !== this.#engine.handOvers; ) {
      before = this.#engine.handOvers
      await this.#engine.flush()
      await Promise.all(runners.map((runner) => runner.idle()))
    }
  }

  /** Deletes a session, and aborts its running executions. */
  async delete(uid: string): Promise<void> {
    const { settings, executions } = this.#engine
    await this.#engine.call(() => settings.storage.delete(checkName('uid', uid)))
    executions.abort(uid)
    this.#engine.loop(uid).forget()
  }

  /** The uids of stored sessions, page by page. @throws `InvalidArgument` */
  async sessions(page: { readonly after?: string; readonly limit?: number } = {}): Promise<{ readonly uids: readonly string[]; readonly next: string | null }> {
    const { storage } = this.#engine.settings
    const { after, limit } = partOf({ limit: 100, ...page })
    const { uids, next } = await this.#engine.call(() => storage.sessions({ limit, ...(after !== undefined && { after }) }))
    return { uids, next }
  }

  /**
   * Stops: accepts no more commands, lets running executions end if `drain` is true (the default), waits until the commands that were
   * accepted are settled, and releases storage and runners. A second call waits for the same end; with `drain: false` it
   * hurries it.
   */
  async close({ drain = true }: { readonly drain?: boolean } = {}): Promise<void> {
    const released = this.#engine.closed ? Promise.resolve() : this.#release(drain)
    this.#closing ??= this.#close(released)
    return this.#closing
  }

  async #close(released: Promise<void>): Promise<void> {
    const engine = this.#engine
    engine.beginClosing()
    this.#pulse.calm()
    await this.#starting?.catch(() => undefined)
    await released
    await this.#sweeping?.catch(() => undefined)
    await engine.flush()
    await this.#pulse.end()
    await this.#quietly('The lease could not be ended; it will run out.', () => engine.owner.end())
    await this.#quietly('The storage could not be closed.', () => engine.limited(engine.settings.storage.close()))
    engine.end()
  }

  async #release(drain: boolean): Promise<void> {
    const { settings, executions } = this.#engine
    this.#engine.beginClosing()
    if (!drain) executions.end()
    const closed = [...settings.runners.values()].map((runner) =>
      this.#quietly('A runner could not be closed.', () => (drain ? runner.close({ drain }) : this.#engine.limited(runner.close({ drain })))),
    )
    await Promise.all(closed)
  }

  async #quietly(message: string, step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (error) {
      this.#engine.settings.logger.warn(message, { error: String(error) })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #host(): RunnerHost {
    const { settings, time, executions } = this.#engine
    return {
      clock: settings.clock,
      logger: settings.logger,
      now: () => time.now(),
      execute: (job, invoke) => this.execute(job, invoke),
      abort: (job) => executions.abortJob(job),
    }
  }
}

/**
 * Creates an application from a storage, runners, managers and tasks.
 * @example `const triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, tasks })`
 * @throws `UnknownKey`, `InvalidArgument`, `DuplicateKey`, `InvalidConfiguration`
 */
export function createTriggers<TWorkflow extends Workflow = Workflow>(options: TriggersOptions<TWorkflow>): Triggers<TWorkflow> {
  if (options.storage === undefined) throw new TriggerkitError('InvalidArgument', 'createTriggers needs a storage, such as memoryStorage() of @triggerkit/storage-memory.')
  return new Triggers(options)
}
