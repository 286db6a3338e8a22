import type { JsonObject } from '@triggerkit/contracts'
import type { FiredKwargs, TriggerName, Workflow } from '@triggerkit/config'
import type { FireAnswer } from '@triggerkit/core'
import type { FireOptions } from './commands.js'
import type { Transaction } from './transaction.js'
import type { TriggerManager } from './trigger-manager.js'

/** The arguments after a trigger's name: its kwargs, optional if the schema accepts an empty object, and options. */
export type FireArguments<TWorkflow extends Workflow, TTrigger> = {} extends Needed<TWorkflow, TTrigger>
  ? [kwargs?: FiredKwargs<TWorkflow, TTrigger> | undefined, options?: FireOptions]
  : [kwargs: FiredKwargs<TWorkflow, TTrigger>, options?: FireOptions]

/**
 * What decides whether kwargs may be left out. An unknown name counts as that of any trigger, and the compiler is to complain
 * about the name, not about kwargs: there one schema that accepts an empty object is enough.
 */
type Needed<TWorkflow extends Workflow, TTrigger> = TriggerName<TWorkflow> extends TTrigger ? EachKwargs<TWorkflow, TTrigger> : FiredKwargs<TWorkflow, TTrigger>
type EachKwargs<TWorkflow extends Workflow, TTrigger> = TTrigger extends unknown ? FiredKwargs<TWorkflow, TTrigger> : never

/*
 * The overloads that take `never` can't be called. They keep what is typed assignable to what isn't, so that a function that
 * takes a TriggerManager takes a TypedManager; three arguments keep them out of the compiler's messages about one or two.
 * Names are a union written out, not TriggerName: the compiler would show that name instead of those that are known.
 */

/** A transaction of a {@link TypedManager}. */
export interface TypedTransaction<TWorkflow extends Workflow> extends Transaction {
  /** Like {@link TypedManager.fire}, answered at once. */
  fire<TTrigger extends (keyof TWorkflow['triggers'] | keyof TWorkflow['tasks']) & string>(trigger: TTrigger, ...rest: FireArguments<TWorkflow, TTrigger>): FireAnswer
  /** @internal */
  fire(trigger: never, kwargs: JsonObject | undefined, options: FireOptions | undefined): FireAnswer
}

/** A manager that fires only triggers that its workflow knows, with kwargs that the trigger's schema accepts. */
export interface TypedManager<TWorkflow extends Workflow> extends TriggerManager {
  /**
   * Fires a trigger.
   * @returns what it did: the instances created, scheduled and abandoned
   * @throws `InvalidKwargs` listing every fault with its path; nothing is recorded then
   * @throws `InvalidArgument` for a schema that throws or is asynchronous
   * @throws `InvalidName`, `InvalidPayload`, `PayloadTooLarge`, `FiringIdReused`
   */
  fire<TTrigger extends (keyof TWorkflow['triggers'] | keyof TWorkflow['tasks']) & string>(trigger: TTrigger, ...rest: FireArguments<TWorkflow, TTrigger>): Promise<FireAnswer>
  /** @internal */
  fire(trigger: never, kwargs: JsonObject | undefined, options: FireOptions | undefined): Promise<FireAnswer>
  /** Like {@link TriggerManager.transaction}; it fires only triggers that the workflow knows. */
  transaction<TResult>(body: (transaction: TypedTransaction<TWorkflow>) => TResult): Promise<TResult>
}

/** The manager of an application with that workflow; without one, a manager that fires anything. */
export type ManagerOf<TWorkflow extends Workflow> = Workflow extends TWorkflow ? TriggerManager : TypedManager<TWorkflow>
