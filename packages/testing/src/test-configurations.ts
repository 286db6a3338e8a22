import { TriggerkitError } from '@triggerkit/contracts'
import type { Task } from '@triggerkit/contracts'
import { defineTask } from '@triggerkit/engine'
import type { TaskBody } from '@triggerkit/engine'

/** What a test may give as `run`: a task function's name, the task function itself, or a body made for this test alone. */
export type Runnable = string | Task | TaskBody

type Members = Readonly<Record<string, unknown>>

/** Turns configurations as tests write them into such as the engine takes. */
export class TestConfigurations {
  /** The runner keys that are served. */
  readonly runners: ReadonlySet<string>
  /** The task functions that were met before there was an application. */
  readonly tasks: ReadonlySet<Task>
  readonly #runners: Set<string>
  readonly #tasks: Set<Task>
  #register: ((task: Task) => void) | null = null
  readonly #bodies = new Map<TaskBody, string>()

  constructor(runners: Iterable<string>, tasks: Iterable<Task>) {
    this.runners = this.#runners = new Set(runners)
    this.tasks = this.#tasks = new Set(tasks)
  }

  /** From now on task functions are registered there, and no more runner keys are served. */
  join(register: (task: Task) => void): void {
    this.#register = register
  }

  /** The configuration with names for functions; where there is nothing to change, and where it will not do, the one given. */
  readonly prepare = (configuration: unknown): unknown => {
    if (configuration instanceof Map) return this.prepare([...(configuration as Map<unknown, unknown>)])
    if (Array.isArray(configuration)) return configuration.map((entry: unknown) => (isEntry(entry) ? [entry[0], this.#task(entry[1])] : entry))
    if (!isObject(configuration)) return configuration
    const tasks = Object.entries(configuration).map(([name, task]) => [name, this.#task(task)] as const)
    return tasks.every(([name, task]) => task === configuration[name]) ? configuration : Object.fromEntries(tasks)
  }

  /** The name under which a task function can be run. @throws `InvalidArgument`, `DuplicateKey` */
  nameOf(run: Runnable): string {
    if (typeof run === 'string') return run
    if (typeof run === 'function') return this.#bodies.get(run) ?? this.#oneOff(run)
    if (!isTask(run)) throw new TriggerkitError('InvalidArgument', 'A testbed runs a task function, its name, or a body for this test only.')
    if (!this.#tasks.has(run)) {
      this.#tasks.add(run)
      this.#register?.(run)
    }
    return run.name
  }

  #oneOff(body: TaskBody): string {
    const name = `one-off ${this.#bodies.size + 1}`
    this.#bodies.set(body, name)
    return this.nameOf(defineTask(name, body))
  }

  #task(task: unknown): unknown {
    if (!isObject(task)) return task
    const { run, using, ...others } = task
    const names = typeof run === 'function' || isTask(run)
    const leftOut = typeof using === 'string' && !this.#serves(using)
    if (!names && !leftOut) return task
    return { ...others, run: names ? this.nameOf(run as Runnable) : run, ...(!leftOut && 'using' in task && { using }) }
  }

  // The engine's runners are fixed once it is made. Without `using` a task goes to the default one, which is the same.
  #serves(runner: string): boolean {
    if (this.#register === null) this.#runners.add(runner)
    return this.#runners.has(runner)
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEntry(value: unknown): value is readonly [unknown, unknown] {
  return Array.isArray(value) && value.length === 2
}

function isTask(value: unknown): value is Task {
  return isObject(value) && typeof value.name === 'string' && typeof value.perform === 'function'
}
