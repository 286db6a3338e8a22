import { milliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Duration, ExecutionReport, Invoke, Job, Runner, RunnerHost, Task } from '@triggerkit/contracts'
import { checkName } from '@triggerkit/config'
import { Engine } from './engine.js'
import { execute } from './execute.js'
import { toSettings } from './options.js'
import type { TriggersOptions } from './options.js'
import { SessionView } from './session-view.js'
import { settled } from './settled.js'
import { sweep } from './sweep.js'
import type { TriggerManager } from './trigger-manager.js'

/** An application: a storage, its runners, its managers and tasks. */
export class Triggers {
  readonly #engine: Engine
  #pulse: (() => void) | null = null
  #sweeping: Promise<void> | null = null

  /** Made by {@link createTriggers}. */
  constructor(options: TriggersOptions) {
    this.#engine = new Engine(toSettings(options))
    this.#engine.tasks.register(...(options.tasks ?? []))
  }

  /**
   * The manager of a session.
   * @param options.manager - the key of its manager class; the application's default unless given
   * @throws `InvalidName`, `UnknownKey`
   */
  manager(uid: string, options: { readonly manager?: string } = {}): TriggerManager {
    const traits = this.#engine.managerTraits(options.manager ?? this.#engine.settings.manager)
    return new traits.managerClass({ engine: this.#engine, uid: checkName('uid', uid), traits })
  }

  /** A session to look at, without a manager. @throws `InvalidName` */
  session(uid: string): SessionView {
    return new SessionView(this.#engine, checkName('uid', uid))
  }

  /** Adds task functions, at any time before their first run. @throws `DuplicateKey` */
  register(...tasks: readonly Task[]): void {
    this.#engine.tasks.register(...tasks)
  }

  /** From now on this process executes, too, and looks after sessions whose owners died. */
  async start(): Promise<void> {
    const { settings, owner } = this.#engine
    if (owner.id !== null) return
    await owner.begin()
    for (const runner of settings.runners.values()) await runner.start(this.#host())
    this.#pulse = this.#beat()
    await this.sweep()
  }

  /** Looks after all sessions that are due, now. A started process does so by itself. */
  async sweep(): Promise<void> {
    this.#sweeping ??= sweep(this.#engine).finally(() => {
      this.#sweeping = null
    })
    return this.#sweeping
  }

  /** Executes a job that a runner was given. Runners call it through their host. */
  async execute(job: Job, invoke?: Invoke): Promise<ExecutionReport> {
    return execute(this.#engine, job, invoke)
  }

  /**
   * Resolves once nothing in the session is scheduled or running, cooling retries included.
   * @throws `SettleTimeout` naming what is still under way
   */
  async settled(uid: string, { timeout = '30s' }: { readonly timeout?: Duration } = {}): Promise<void> {
    return settled(this.#engine, checkName('uid', uid), milliseconds(timeout, 'timeout'))
  }

  /** Resolves once no runner has anything left to do, cascades and cooling retries included. */
  async idle(): Promise<void> {
    const runners = [...this.#engine.settings.runners.values()]
    await Promise.all(runners.map((runner) => runner.idle()))
  }

  /** Forgets a session, and aborts what runs in it. */
  async delete(uid: string): Promise<void> {
    const { settings, executions } = this.#engine
    await this.#engine.call(() => settings.storage.delete(checkName('uid', uid)))
    executions.abort(uid)
    this.#engine.loop(uid).forget()
  }

  /** The uids of stored sessions, page by page. */
  async sessions(page: { readonly after?: string; readonly limit?: number } = {}): Promise<{ readonly uids: readonly string[]; readonly next: string | null }> {
    const { storage } = this.#engine.settings
    const { after, limit = 100 } = page
    const { uids, next } = await this.#engine.call(() => storage.sessions({ limit, ...(after !== undefined && { after }) }))
    return { uids, next }
  }

  /** Stops: takes no more commands, lets what runs end if `drain` is true (the default), and releases storage and runners. */
  async close({ drain = true }: { readonly drain?: boolean } = {}): Promise<void> {
    const engine = this.#engine
    if (engine.closed) return
    this.#pulse?.()
    const runners: readonly Runner[] = [...engine.settings.runners.values()]
    await Promise.all(runners.map((runner) => runner.close({ drain })))
    await this.#sweeping
    if (!drain) engine.executions.abort()
    engine.closed = true
    await engine.owner.end().catch((error: unknown) => engine.settings.logger.warn('The lease could not be ended; it will run out.', { error: String(error) }))
    await engine.settings.storage.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #host(): RunnerHost {
    const { settings, time } = this.#engine
    return {
      clock: settings.clock,
      logger: settings.logger,
      now: () => time.now(),
      execute: (job, invoke) => this.execute(job, invoke),
    }
  }

  // Lease and sweep share one timer, so that a process that was held up renews its lease before it looks at others'.
  #beat(): () => void {
    const { settings, owner, executions } = this.#engine
    let stopped = false
    const unwatch = settings.presence?.onDeath(() => void this.#sweepSafely())
    let timer = settings.clock.setTimer(() => void beat(), settings.sweepEvery)
    const beat = async (): Promise<void> => {
      try {
        await owner.renew()
      } catch (error) {
        settings.logger.warn('The lease could not be renewed.', { error: String(error) })
      }
      if (stopped) return
      for (const uid of executions.uids()) this.#engine.loop(uid).refresh().catch(() => undefined)
      void this.#sweepSafely()
      timer = settings.clock.setTimer(() => void beat(), settings.sweepEvery)
    }
    return () => {
      stopped = true
      settings.clock.clearTimer(timer)
      unwatch?.()
    }
  }

  async #sweepSafely(): Promise<void> {
    try {
      await this.sweep()
    } catch (error) {
      this.#engine.settings.logger.warn('The sweep failed; it is tried again.', { error: String(error) })
    }
  }
}

/**
 * Composes an application from packages.
 * @example `const triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, tasks })`
 * @throws `UnknownKey`, `InvalidArgument`, `DuplicateKey`, `InvalidConfiguration`
 */
export function createTriggers(options: TriggersOptions): Triggers {
  if (options.storage === undefined) throw new TriggerkitError('InvalidArgument', 'createTriggers needs a storage, such as memoryStorage() of @triggerkit/storage-memory.')
  return new Triggers(options)
}
