import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { Task } from '@triggerkit/contracts'
import { TaskRegistry } from '@triggerkit/registry'

/**
 * The tasks that modules export, by themselves or in lists.
 * @throws `InvalidArgument` for a module that can't be imported or exports no task, `DuplicateKey` for two tasks of one name
 */
export async function loadTasks(modules: readonly string[]): Promise<TaskRegistry> {
  const registry = new TaskRegistry()
  for (const module of modules) register(registry, module, tasksOf(await load(module)))
  return registry
}

async function load(module: string): Promise<object> {
  try {
    return (await import(module)) as object
  } catch (error) {
    throw unusable(module, `can't be imported: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

function tasksOf(namespace: object): readonly Task[] {
  return Object.values(namespace).flat().filter(isTask)
}

function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Task>).perform === 'function'
}

function register(registry: TaskRegistry, module: string, tasks: readonly Task[]): void {
  if (tasks.length === 0) throw unusable(module, 'exports no task; export what defineTask makes, or lists of it')
  try {
    registry.register(...tasks)
  } catch (error) {
    if (!isTriggerkitError(error)) throw error
    throw new TriggerkitError(error.code, `The tasks' module ${module} is invalid. ${error.message}`, { cause: error, details: { ...error.details, module } })
  }
}

function unusable(module: string, fault: string, cause?: unknown): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `The tasks' module ${module} ${fault}.`, { ...(cause !== undefined && { cause }), details: { module } })
}
