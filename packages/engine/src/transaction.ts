import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { ErrorCode, JsonObject } from '@triggerkit/contracts'
import type {
  Answer,
  Command,
  ConfigureAnswer,
  CreateAnswer,
  Draft,
  Effect,
  Event,
  ExecutionId,
  FireAnswer,
  InstanceAnswer,
  InstanceStatus,
  InstanceValues,
  ReplayAnswer,
} from '@triggerkit/core'
import type { CommandMaker, CommandOptions, ConfigureOptions, FireOptions, InstanceRef, SkipOptions, StatusOptions } from './commands.js'
import type { DerivedIds } from './derived-ids.js'
import type { ManagerTraits } from './manager-traits.js'
import type { OwnExecution } from './trigger-manager.js'
import { schedulingRefused } from './turns.js'
import { carryOut } from './work.js'
import type { Recording, Work } from './work.js'
import { unresolvedTasks } from './unresolved-tasks.js'

interface TransactionOptions<TResult> {
  readonly body: (transaction: Transaction) => TResult
  readonly execution: OwnExecution | undefined
  /** Whether an execution or a hook gives it. */
  readonly inner: boolean
  /** Makes the ids of what a running task's transaction commands. */
  readonly ids: (() => DerivedIds) | undefined
  readonly hooks: ((events: readonly Event[]) => Promise<void> | undefined) | undefined
}

/** A transaction as work. */
export function transactionWork<TResult>(traits: ManagerTraits, maker: CommandMaker, options: TransactionOptions<TResult>): Work<TResult> {
  const { body, execution, inner, ids, hooks } = options
  return {
    traits,
    incarnation: execution?.incarnation,
    id: undefined,
    mayRepeat: false,
    atomic: false,
    patient: execution !== undefined,
    inner,
    ...(hooks !== undefined && { hooks }),
    carryOut: (draft, recording) => {
      const transaction = new Transaction({ draft, traits, maker, recording, execution, ids: ids?.() })
      const answer = transaction.run(body)
      return { answer, ...transaction.done }
    },
  }
}

interface TransactionSeat {
  readonly draft: Draft
  readonly traits: ManagerTraits
  readonly maker: CommandMaker
  readonly recording: Recording
  readonly execution: ExecutionId | undefined
  readonly ids: DerivedIds | undefined
}

/** The commands of a manager, answered at once, on a draft that becomes one change. */
export class Transaction {
  readonly #seat: TransactionSeat
  readonly #effects: Effect[] = []
  readonly #events: Event[] = []
  /** The error that discards the whole transaction, even if the function catches it. */
  #doom: { readonly error: unknown } | null = null
  #ended = false

  /** Made by `manager.transaction`. */
  constructor(seat: TransactionSeat) {
    this.#seat = seat
  }

  /** @internal */
  get done(): { effects: readonly Effect[]; events: readonly Event[]; refusal: null } {
    return { effects: this.#effects, events: this.#events, refusal: null }
  }

  /** Calls the function with this transaction. @internal */
  run<TResult>(body: (transaction: Transaction) => TResult): TResult {
    try {
      const answer = body(this)
      if (isThenable(answer)) throw asynchronous(answer)
      if (this.#doom !== null) throw this.#doom.error
      return answer
    } catch (error) {
      throw this.#doom === null ? error : this.#doom.error
    } finally {
      this.#ended = true
    }
  }

  fire(trigger: string, kwargs?: JsonObject, { id }: FireOptions = {}): FireAnswer {
    return this.#do(this.#seat.maker.fire(trigger, kwargs, id))
  }

  updateConfiguration(configuration: unknown, options: ConfigureOptions = {}): ConfigureAnswer {
    return this.#do(this.#seat.maker.configure(configuration, options))
  }

  replayFailedInstance(instance: InstanceRef, replacementKwargs?: JsonObject | null, options: CommandOptions = {}): ReplayAnswer {
    return this.#do(this.#seat.maker.replay(instance, replacementKwargs, options))
  }

  skipFailedInstance(instance: InstanceRef, options: SkipOptions = {}): InstanceAnswer {
    return this.#do(this.#seat.maker.skip(instance, options))
  }

  updateInstanceStatus(instance: InstanceRef, status: InstanceStatus, options: StatusOptions = {}): InstanceAnswer {
    return this.#do(this.#seat.maker.setStatus(instance, status, options))
  }

  updateInstanceMetadata(instance: InstanceRef, metadata: JsonObject, options: CommandOptions = {}): InstanceAnswer {
    return this.#do(this.#seat.maker.setMetadata(instance, metadata, options))
  }

  markInstanceLogsResolved(instance: InstanceRef, options: CommandOptions = {}): InstanceAnswer {
    return this.#do(this.#seat.maker.ofInstance('markLogs', instance, options))
  }

  cancelInstance(instance: InstanceRef, options: CommandOptions = {}): InstanceAnswer & { readonly cancelled: boolean } {
    return this.#do(this.#seat.maker.ofInstance('cancel', instance, options))
  }

  cloneInstance(instance: InstanceRef, options: CommandOptions = {}): CreateAnswer {
    return this.#do(this.#seat.maker.ofInstance('clone', instance, options))
  }

  createInstance(task: string, values: InstanceValues = {}, options: CommandOptions = {}): CreateAnswer {
    return this.#do(this.#seat.maker.create(task, values, options))
  }

  /** The status of an unresolved instance, or of one that the transaction touched; otherwise `undefined`. */
  statusOf(instance: string): InstanceStatus | undefined {
    return this.#seat.draft.instance(instance)?.status
  }

  /** The names of the tasks that have no instance yet, or an unresolved one. */
  unresolvedTasks(): readonly string[] {
    return unresolvedTasks(this.#seat.draft).map(({ name }) => name)
  }

  /** Whether the trigger has ever fired. */
  hasFired(trigger: string): boolean {
    return this.#seat.draft.latestFiring(trigger) !== undefined
  }

  #do<TAnswer extends Answer>(command: Command): TAnswer {
    if (this.#ended) throw ended()
    const { draft, traits, recording, execution, ids } = this.#seat
    const id = command.id ?? ids?.next(command)
    const own = { ...(id !== undefined && { id }), ...(execution && { execution: { instance: execution.instance, epoch: execution.epoch } }) }
    try {
      const { answer, effects, events, refusal } = recording.whole(() => carryOut<TAnswer>(draft, { ...command, ...own } as Command, traits, recording))
      if (refusal !== null) throw schedulingRefused(refusal, { committed: false }, ' Nothing of the transaction was committed.')
      this.#effects.push(...effects)
      this.#events.push(...events)
      return answer
    } catch (error) {
      if (id !== undefined && command.type !== 'fire') recording.doubt(id)
      if (isTriggerkitError(error) && HARMLESS.has(error.code)) throw error
      this.#doom ??= { error }
      throw error
    }
  }
}

/** Errors of commands that did nothing, so that the function may catch them and go on. */
const HARMLESS: ReadonlySet<ErrorCode> = new Set(['UnknownInstance', 'UnknownTask', 'NotFailed', 'FiringIdReused', 'CommandIdReused', 'InvalidArgument'])

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
}

function asynchronous(promise: PromiseLike<unknown>): TriggerkitError {
  promise.then(undefined, () => undefined) // whatever becomes of it, this error tells what is wrong
  const message = 'The function given to transaction returned a promise. It must be synchronous: read what it needs beforehand.'
  return new TriggerkitError('InvalidArgument', message)
}

function ended(): TriggerkitError {
  return new TriggerkitError('InvalidArgument', 'This transaction has ended: its commands can be given only while its function runs.')
}
