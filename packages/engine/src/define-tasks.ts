import type { Task } from '@triggerkit/contracts'
import type { RunName, TaskResult, TriggerKwargs, Workflow } from '@triggerkit/config'
import { conform, declaredSchema } from './check-schema.js'
import { makeTask } from './define-task.js'
import type { TaskBody, TaskOptions } from './define-task.js'
import type { TaskContext } from './task-context.js'
import type { ManagerOf } from './typed-manager.js'

/** A task's function: it receives the kwargs of the triggers that its task waits for, and returns what the schema under the task's name accepts. */
export type WorkflowBody<TWorkflow extends Workflow, TRun> = (
  context: TaskContext<TriggerKwargs<TWorkflow, TRun>, ManagerOf<TWorkflow>>,
) => TaskResult<TWorkflow, TRun> | Promise<TaskResult<TWorkflow, TRun>>

/** A function for every name that the workflow's tasks use in `run`, optionally with options. */
export type TaskHandlers<TWorkflow extends Workflow> = {
  readonly [TRun in RunName<TWorkflow>]: WorkflowBody<TWorkflow, TRun> | readonly [options: TaskOptions, body: WorkflowBody<TWorkflow, TRun>]
}

/**
 * Defines all task functions of a workflow. A result that the schema under the task's name refuses fails the instance with
 * `InvalidResult`; otherwise the schema's output is kept.
 * @throws `InvalidName`, `InvalidArgument`
 * @example
 * defineTasks(workflow, {
 *   'app.import': async ({ triggerKwargs }) => insert(triggerKwargs.pageReceived.number),
 *   'app.notify': [{ maxRetries: 5 }, ({ triggerKwargs }) => notify(triggerKwargs.t_import)],
 * })
 */
export function defineTasks<TWorkflow extends Workflow>(workflow: TWorkflow, handlers: TaskHandlers<TWorkflow>): readonly Task[] {
  return Object.entries(handlers).map(([run, handler]) => {
    const [options, body] = (Array.isArray(handler) ? handler : [{}, handler]) as [TaskOptions, TaskBody]
    return makeTask(run, options, body, (returned, task) => {
      const schema = declaredSchema(workflow, task)
      return schema === null ? returned : conform(schema, returned ?? {}, 'result', task)
    })
  })
}
