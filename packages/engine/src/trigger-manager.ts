import type { JsonObject, LogLevelName } from '@triggerkit/contracts'
import type {
  Answer,
  Command,
  ConfigureAnswer,
  CreateAnswer,
  Event,
  ExecutionId,
  FireAnswer,
  InstanceAnswer,
  InstanceStatus,
  InstanceValues,
  ReplayAnswer,
  View,
} from '@triggerkit/core'
import { commandWork } from './command-work.js'
import { CommandMaker } from './commands.js'
import type { CommandOptions, ConfigureOptions, FireOptions, InstanceRef, SkipOptions, StatusOptions } from './commands.js'
import { DerivedIds, derivedPrefix } from './derived-ids.js'
import type { Engine } from './engine.js'
import type { ManagerTraits } from './manager-traits.js'
import { SessionView } from './session-view.js'
import { timedOut, within } from './system-clock.js'
import { transactionWork } from './transaction.js'
import type { Transaction } from './transaction.js'

/** What a manager's constructor gets from the engine. */
export interface ManagerSeat {
  readonly engine: Engine
  readonly uid: string
  readonly traits: ManagerTraits
  /** Present in a running task's context: its commands count only while the execution does. */
  readonly execution?: OwnExecution
}

/** The execution that a manager belongs to. */
export interface OwnExecution extends ExecutionId {
  readonly round: number
  /** The session's. */
  readonly incarnation: string
}

/** A manager class, with its static settings. */
export type ManagerClass = typeof TriggerManager

/**
 * The controller of one session. Extend it to react to what happens, and register the class by key:
 * `createTriggers({ managers: { survey: SurveyManager } })`.
 *
 * Every command resolves once it is committed, every instance that became ready has been handed over, and the hooks have run. All reject
 * with `StorageUnavailable` (not done), `OutcomeUnknown` (may have been done; carries an id for a safe repetition, except of a transaction), `Overloaded`,
 * `ManagerMismatch`, and with `SchedulingRefused` if an instance could not be scheduled although the rest is committed.
 */
export class TriggerManager extends SessionView {
  /** The key of the runner for tasks without `using`; if undefined, the application's default. */
  static readonly defaultRunner: string | undefined = undefined
  /** The configuration of sessions that have none stored yet; if undefined, the application's. */
  static readonly configuration: unknown = undefined
  /** The log level from which an instance's logs need attention. */
  static readonly unresolvedLogLevel: LogLevelName = 'ERROR'
  /**
   * Reacts to events with commands in the same commit, so that no crash can lose the reaction. Pure: it sees the session as it
   * will be, and is called again with the events of its commands, until it returns none.
   */
  static readonly react: ((events: readonly Event[], view: View) => readonly Command[]) | undefined = undefined

  readonly #seat: ManagerSeat
  readonly #maker: CommandMaker
  readonly #ids: DerivedIds | undefined
  #transactions = 0
  /** How many hooks run: what they command is part of what led to them. */
  #hooking = 0

  constructor(seat: ManagerSeat) {
    super(seat.engine, seat.uid)
    this.#seat = seat
    const { engine, execution } = seat
    this.#maker = new CommandMaker(engine.settings, execution && derivedPrefix(execution.instance))
    this.#ids = execution && new DerivedIds(execution)
  }

  /**
   * Fires a trigger.
   * @returns what it did: the instances created, scheduled and abandoned
   * @throws `InvalidName`, `InvalidKwargs`, `InvalidPayload`, `PayloadTooLarge`, `FiringIdReused`
   */
  async fire(trigger: string, kwargs?: JsonObject, { id }: FireOptions = {}): Promise<FireAnswer> {
    const answer = await this.#submit<FireAnswer>(this.#maker.fire(trigger, kwargs, id))
    if (!answer.configured) this.#seat.engine.warnOnce('A trigger was fired in a session without configuration; it is recorded and waits for one.')
    return answer
  }

  /**
   * Adds tasks, or replaces their configurations as a whole; tasks that are not named stay as they are.
   * @param configuration - an object of tasks by name, or a list of `[name, task]`
   * @throws `InvalidConfiguration` listing every fault with its path; nothing of it is applied then
   */
  async updateConfiguration(configuration: unknown, options: ConfigureOptions = {}): Promise<ConfigureAnswer> {
    return this.#submit(this.#maker.configure(configuration, options))
  }

  /**
   * Replays a failed instance: a clone of it is scheduled at once.
   * @param replacementKwargs - replaces all its kwargs; `{}` clears them, nothing or `null` keeps them
   * @throws `UnknownInstance`, `NotFailed`
   */
  async replayFailedInstance(instance: InstanceRef, replacementKwargs?: JsonObject | null, options: CommandOptions = {}): Promise<ReplayAnswer> {
    return this.#submit(this.#maker.replay(instance, replacementKwargs, options))
  }

  /** Marks a failed instance as skipped, optionally with a simulated result and a cascade. @throws `UnknownInstance`, `NotFailed` */
  async skipFailedInstance(instance: InstanceRef, options: SkipOptions = {}): Promise<InstanceAnswer> {
    return this.#submit(this.#maker.skip(instance, options))
  }

  /** Sets a status by hand, unchecked, which ends a hand-over or an execution. @throws `UnknownInstance` */
  async updateInstanceStatus(instance: InstanceRef, status: InstanceStatus, options: StatusOptions = {}): Promise<InstanceAnswer> {
    return this.#submit(this.#maker.setStatus(instance, status, options))
  }

  /** Merges metadata into an instance, member by member. @throws `UnknownInstance` */
  async updateInstanceMetadata(instance: InstanceRef, metadata: JsonObject, options: CommandOptions = {}): Promise<InstanceAnswer> {
    return this.#submit(this.#maker.setMetadata(instance, metadata, options))
  }

  /** Marks an instance's logs as resolved. @throws `UnknownInstance` */
  async markInstanceLogsResolved(instance: InstanceRef, options: CommandOptions = {}): Promise<InstanceAnswer> {
    return this.#submit(this.#maker.ofInstance('markLogs', instance, options))
  }

  /** Aborts an instance that isn't resolved, and fails it with `Cancelled`. @throws `UnknownInstance` */
  async cancelInstance(instance: InstanceRef, options: CommandOptions = {}): Promise<InstanceAnswer & { readonly cancelled: boolean }> {
    return this.#submit(this.#maker.ofInstance('cancel', instance, options))
  }

  /** Clones an instance; the clone is unstarted. @throws `UnknownInstance` */
  async cloneInstance(instance: InstanceRef, options: CommandOptions = {}): Promise<CreateAnswer> {
    return this.#submit(this.#maker.ofInstance('clone', instance, options))
  }

  /** Creates an instance by hand, without scheduling it. @throws `UnknownTask` */
  async createInstance(task: string, values: InstanceValues = {}, options: CommandOptions = {}): Promise<CreateAnswer> {
    return this.#submit(this.#maker.create(task, values, options))
  }

  /**
   * Carries out several commands as one change: all or none. The function is synchronous and sees the effect of its commands at once;
   * an error that it throws discards everything. It may be called several times, so it should do nothing else: after a conflict, once a
   * resolved instance or a known id has been looked up that it needs, and before its error is passed on.
   */
  async transaction<TResult>(body: (transaction: Transaction) => TResult): Promise<TResult> {
    const { engine, traits, execution } = this.#seat
    const part = `t${this.#transactions++}/`
    const ids = execution && ((): DerivedIds => new DerivedIds(execution, part))
    return engine.loop(this.uid).submit(transactionWork(traits, this.#maker, { body, execution, inner: this.#isInner, ids, hooks: this.hooks }))
  }

  /** Called after each fire, with the names of the instances that it scheduled. For side effects: a crash may lose it. */
  protected postFire?(trigger: string, scheduled: readonly string[]): void | Promise<void>

  /** Called after each replay or retry, with the instance that was replayed and its clone. */
  protected postReplay?(original: string, clone: string): void | Promise<void>

  /** Called after a failed instance was skipped, and after the `postFire` of its cascade. */
  protected postSkip?(instance: string, cascade: boolean): void | Promise<void>

  /** Runs the hooks for a commit's events. @internal */
  get hooks(): ((events: readonly Event[]) => Promise<void> | undefined) | undefined {
    const none = this.postFire === undefined && this.postReplay === undefined && this.postSkip === undefined
    if (none) return undefined
    const { engine, uid, traits, execution } = this.#seat
    // What a hook does is no part of the execution that led to it: it must not go stale with that, nor use up its ids.
    const host = execution === undefined ? this : new traits.managerClass({ engine, uid, traits })
    return (events) => host.#runHooks(events)
  }

  async #runHooks(events: readonly Event[]): Promise<void> {
    const { settings } = this.#seat.engine
    for (const event of events) {
      this.#hooking += 1
      try {
        const hooked = this.#hook(event)
        // Waiting for nothing would let the hooks of later commits overtake.
        if (hooked === undefined) continue
        const done = await within(settings.clock, settings.commandTimeout, Promise.resolve(hooked))
        if (done === timedOut) settings.logger.error('A hook did not end in time; it is no longer waited for.', { uid: this.uid, event: event.type })
      } catch (error) {
        settings.logger.error('A hook failed; what it was called for stands.', { uid: this.uid, event: event.type, error })
      } finally {
        this.#hooking -= 1
      }
    }
  }

  #hook(event: Event): void | Promise<void> {
    if (event.type === 'fired' && !event.refused) return this.postFire?.(event.trigger, event.scheduled)
    if (event.type === 'replayed') return this.postReplay?.(event.original, event.clone)
    if (event.type === 'skipped') return this.postSkip?.(event.instance, event.cascade)
  }

  get #isInner(): boolean {
    return this.#seat.execution !== undefined || this.#hooking > 0
  }

  #submit<TAnswer extends Answer>(command: Command): Promise<TAnswer> {
    const { engine, traits, execution } = this.#seat
    // The maker made the command for this call alone: a copy of it would cost more than all that is done here.
    const given = command as { -readonly [TField in keyof Command]: Command[TField] }
    const derived = command.id ?? this.#ids?.next(command)
    const mayRepeat = derived !== undefined
    if (mayRepeat) given.id = derived
    else if (command.type !== 'fire') given.id = engine.ids.next()
    if (execution !== undefined) given.execution = { instance: execution.instance, epoch: execution.epoch }
    const options = { patient: false, inner: this.#isInner, mayRepeat, incarnation: execution?.incarnation, hooks: this.hooks }
    return engine.loop(this.uid).submit(commandWork<TAnswer>(traits, command, options))
  }
}
