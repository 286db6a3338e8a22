import type { JsonObject, SchemaInput, SchemaOutput, StandardSchema } from '@triggerkit/contracts'
import type { Workflow } from './define-workflow.js'

/** The name of a task of the workflow. */
export type TaskName<TWorkflow extends Workflow> = keyof TWorkflow['tasks'] & string

/** What can be fired: a declared trigger, or by its name a task. */
export type TriggerName<TWorkflow extends Workflow> = (keyof TWorkflow['triggers'] & string) | TaskName<TWorkflow>

/** The name of a task function that the workflow needs. */
export type RunName<TWorkflow extends Workflow> = TWorkflow['tasks'][TaskName<TWorkflow>]['run']

type SchemaOf<TWorkflow extends Workflow, TTrigger> = TTrigger extends keyof TWorkflow['triggers'] ? TWorkflow['triggers'][TTrigger] : null

/** The kwargs with which a trigger is fired: what its schema takes; where it is one of several, what all their schemas take. */
export type FiredKwargs<TWorkflow extends Workflow, TTrigger> =
  Combined<SchemaOf<TWorkflow, TTrigger>> extends { readonly in: infer TInput } ? TInput : JsonObject

/** The kwargs that a task gets of a trigger: what its schema gives. */
export type ReceivedKwargs<TWorkflow extends Workflow, TTrigger> =
  SchemaOf<TWorkflow, TTrigger> extends infer TSchema extends StandardSchema ? SchemaOutput<TSchema> : JsonObject

/** The tasks by the function that serves them: one map, since a look at every task for each function takes the compiler seconds. */
type TasksByRun<TWorkflow extends Workflow> = {
  [TTask in TaskName<TWorkflow> as TWorkflow['tasks'][TTask]['run']]: TTask
}

type TaskOf<TWorkflow extends Workflow, TRun> = TasksByRun<TWorkflow> extends { readonly [TKey in TRun & string]: infer TTask } ? TTask : never

type AwaitedBy<TTask> =
  | (TTask extends { readonly after: readonly (infer TTrigger)[] } ? TTrigger : never)
  | (TTask extends { readonly andEvery: infer TTrigger } ? Exclude<TTrigger, '' | null> : never)

type ParamsOf<TTask> = TTask extends { readonly withParams: infer TParams extends object } ? keyof TParams : never

// Written out within the condition: the members of a type with a name of its own would be hidden in the compiler's messages.
type KwargsOfTask<TWorkflow extends Workflow, TTask> = TTask extends keyof TWorkflow['tasks']
  ? {
      readonly [TTrigger in (AwaitedBy<TWorkflow['tasks'][TTask]> | ParamsOf<TWorkflow['tasks'][TTask]>) & string]: TTrigger extends AwaitedBy<
        TWorkflow['tasks'][TTask]
      >
        ? ReceivedKwargs<TWorkflow, TTrigger>
        : JsonObject
    }
  : never

/** The kwargs by trigger that a task function gets: of the triggers its task waits for, a union where it serves several tasks. */
export type TriggerKwargs<TWorkflow extends Workflow, TRun> = KwargsOfTask<TWorkflow, TaskOf<TWorkflow, TRun>>

/** What a task function may return: what the schemas under its tasks' names all take. */
export type TaskResult<TWorkflow extends Workflow, TRun> = ResultOf<Combined<SchemaOf<TWorkflow, TaskOf<TWorkflow, TRun>>>>

/** The inputs of all schemas of a union, in one; each in a box, so that a union of inputs is not torn apart. */
type Combined<TSchema> = (TSchema extends StandardSchema ? (box: { readonly in: SchemaInput<TSchema> }) => void : never) extends (box: infer TBox) => void
  ? TBox
  : never

type ResultOf<TBox> = TBox extends { readonly in: infer TInput } ? TInput | ({} extends TInput ? void | null | undefined : never) : unknown
