import { TriggerkitError, type Task, type TaskOutcome, type TaskRun } from '@triggerkit/contracts'

import { unknownName } from './unknown-name.js'

/** The task functions of an application, by the name that is used in `run`. Tasks may be added at any time before their first run. */
export class TaskRegistry {
  readonly #tasks = new Map<string, Task>()

  /**
   * Registers tasks, all of them or, after an error, none. Registering the same task again does no harm.
   * @throws `DuplicateKey` for another task under a name that is taken
   * @throws `InvalidName` for a name that is not a non-empty string, `InvalidArgument` for anything but a task
   */
  register(...tasks: readonly Task[]): this {
    const added = new Map<string, Task>()
    for (const task of tasks) {
      checkTask(task)
      const known = this.#tasks.get(task.name) ?? added.get(task.name)
      if (known !== undefined && known !== task) throw duplicateTask(task.name)
      added.set(task.name, task)
    }
    for (const [name, task] of added) this.#tasks.set(name, task)
    return this
  }

  /**
   * The task of that name.
   * @throws `UnknownTaskFunction` naming some that are known
   */
  get(name: string): Task {
    const task = this.#tasks.get(name)
    if (task === undefined) throw unknownName('UnknownTaskFunction', 'task function', name, this.names())
    return task
  }

  /**
   * Runs the task that the call names.
   * @throws `UnknownTaskFunction` naming some that are known
   */
  perform(run: TaskRun): Promise<TaskOutcome> {
    const task = this.get(run.call.run)
    return task.performLazily === undefined ? task.perform(run.call, run.signal, run.port) : task.performLazily(run)
  }

  /** Whether a task of that name is known. */
  has(name: string): boolean {
    return this.#tasks.has(name)
  }

  /** The names, in the order of their registration. */
  names(): readonly string[] {
    return [...this.#tasks.keys()]
  }
}

function checkTask(task: Task | undefined): void {
  if (typeof task?.perform !== 'function') throw new TriggerkitError('InvalidArgument', 'A task function must be made by defineTask.')
  if (typeof task.name === 'string' && task.name !== '') return
  throw new TriggerkitError('InvalidName', 'The name of a task function must be a non-empty string.')
}

function duplicateTask(name: string): TriggerkitError {
  const message = `Two task functions are called ${JSON.stringify(name)}; rename one of them.`
  return new TriggerkitError('DuplicateKey', message, { details: { what: 'task function', key: name } })
}
