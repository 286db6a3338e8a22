import type { JsonObject, StandardSchema } from '@triggerkit/contracts'

/** A Standard Schema for each trigger's kwargs; `null` allows any. A schema under a task's name is for that task's result. */
export type TriggerSchemas = Readonly<Record<string, StandardSchema | null>>

/** A task as it is written in code; any other directive is the user's own. */
export interface WorkflowTask {
  readonly after: readonly string[]
  readonly andEvery?: string | null
  readonly unless?: readonly string[] | null
  readonly withParams?: Readonly<Record<string, JsonObject>> | null
  readonly run: string
  readonly using?: string | null
  readonly [directive: string]: unknown
}

/** An application's triggers and tasks, known to the compiler: made by {@link defineWorkflow}. */
export interface Workflow<
  TTriggers extends TriggerSchemas = TriggerSchemas,
  TTasks extends Readonly<Record<string, WorkflowTask>> = Readonly<Record<string, WorkflowTask>>,
> {
  readonly triggers: TTriggers
  readonly tasks: TTasks
}

/** What no value is: it makes the compiler say which name is wrong. */
interface UnknownName<TName> {
  readonly 'is no trigger and no task of this workflow': TName
}

type CheckedParams<TParams, TName> = { readonly [TKey in keyof TParams]: TKey extends TName ? JsonObject : UnknownName<TKey> }

/** The task, with every name that it gives being one of those known. */
interface CheckedTask<TTask, TName extends string> {
  readonly after: readonly TName[]
  // Without a type that is no literal, a wrong name would make the whole task `never`, and the message would be about that.
  readonly andEvery?: TName | '' | null | (TTask extends { readonly andEvery: infer TTrigger } ? UnknownName<TTrigger> : never)
  readonly unless?: readonly TName[] | null
  readonly withParams?: (TTask extends { readonly withParams: infer TParams } ? CheckedParams<TParams, TName> : unknown) | null
}

/**
 * Describes an application's triggers and tasks to the compiler, so that unknown names, invalid kwargs and
 * missing task functions don't compile. The names in `after`, `andEvery`, `unless` and `withParams` are triggers or
 * tasks of the workflow. The result is a plain frozen value, checked as a configuration where it is used.
 * @example
 * const workflow = defineWorkflow({
 *   triggers: { pageReceived: z.object({ number: z.number() }), closed: null },
 *   tasks: { t_import: { after: ['closed'], andEvery: 'pageReceived', run: 'app.import' } },
 * })
 */
export function defineWorkflow<const TTriggers extends TriggerSchemas, const TTasks extends Readonly<Record<string, WorkflowTask>>>(definition: {
  readonly triggers: TTriggers
  readonly tasks: TTasks & { readonly [TTask in keyof TTasks]: CheckedTask<TTasks[TTask], (keyof TTriggers | keyof TTasks) & string> }
}): Workflow<TTriggers, TTasks> {
  const { triggers, tasks } = definition
  return Object.freeze({ triggers: Object.freeze({ ...triggers }), tasks: Object.freeze({ ...tasks }) })
}
