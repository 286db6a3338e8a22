import { TriggerkitError } from '@triggerkit/contracts'
import type {
  CancelSignal,
  Clock,
  ErrorRecord,
  ExecutionReport,
  Invoke,
  Job,
  JsonObject,
  JsonValue,
  LogEntry,
  Logger,
  RunnerHost,
  TaskCall,
  TaskOutcome,
  TaskPort,
} from '@triggerkit/contracts'
import { conformanceTasks } from './conformance-tasks.js'

/** What became of a job that was begun. */
export interface CaseExecution {
  readonly job: Job
  /** The storage's time at which it was begun. */
  readonly at: number
  /** Whether the runner passed `invoke`. */
  readonly invoked: boolean
  readonly controller: AbortController
  readonly logs: LogEntry[]
  /** The methods that the function has called. */
  readonly calls: string[]
  outcome: TaskOutcome | null
  rejection: { readonly error: unknown } | null
  /** Whether the function, or whoever ran it elsewhere, has settled. */
  settled: boolean
  /** Whether `execute` has told the runner of its end. */
  ended: boolean
}

/**
 * The engine's part, as far as a runner sees it: begins a job once and drops it ever after, runs its function by `invoke` or by
 * itself, aborts what it is told to.
 */
export class CaseHost implements RunnerHost {
  readonly clock: Clock
  readonly logger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
  /** The jobs with which `execute` was called, in that order, whatever became of them. */
  readonly deliveries: Job[] = []
  /** What was begun, by job id. */
  readonly executions: Map<string, CaseExecution> = new Map()
  /** What `execute` does with a job in place of executing it, by job id. */
  readonly instead: Map<string, () => Promise<ExecutionReport>> = new Map()
  /** What happens before the end of a job is told, by job id: its cascade. */
  readonly afterwards: Map<string, () => Promise<unknown>> = new Map()
  readonly kwargs: Map<string, JsonObject> = new Map()
  /** By how many milliseconds the storage's time differs from the process's. */
  skew = 0
  readonly #origin: number
  #release!: () => void
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve
  })

  constructor(clock: Clock) {
    this.clock = clock
    this.#origin = Date.now() - clock.monotonic()
  }

  now(): number {
    return this.#origin + this.clock.monotonic() + this.skew
  }

  execute(job: Job, invoke?: Invoke): Promise<ExecutionReport> {
    this.deliveries.push(job)
    const instead = this.instead.get(job.id)
    return instead === undefined ? this.#execute(job, invoke) : instead()
  }

  /** How often `execute` was called with a job. */
  deliveriesOf({ id }: Job): number {
    return this.deliveries.filter((job) => job.id === id).length
  }

  /** Lets all functions go on that hold, from now on. */
  release(): void {
    this.#release()
  }

  /** Aborts an execution, as the engine does when it no longer counts. */
  abort({ id }: Job): void {
    this.executions.get(id)?.controller.abort(new TriggerkitError('StaleExecutionError', 'This execution no longer counts. Stop working.'))
  }

  async #execute(job: Job, invoke: Invoke | undefined): Promise<ExecutionReport> {
    if (this.executions.has(job.id)) return { outcome: 'dropped' }
    const execution = this.#begin(job, invoke !== undefined)
    const performing = this.#perform(execution, invoke)
    await Promise.race([performing, aborted(execution.controller.signal)])
    await this.afterwards.get(job.id)?.()
    execution.ended = true
    return reportOf(execution)
  }

  #begin(job: Job, invoked: boolean): CaseExecution {
    const execution: CaseExecution = {
      job,
      at: this.now(),
      invoked,
      controller: new AbortController(),
      logs: [],
      calls: [],
      outcome: null,
      rejection: null,
      settled: false,
      ended: false,
    }
    this.executions.set(job.id, execution)
    return execution
  }

  async #perform(execution: CaseExecution, invoke: Invoke | undefined): Promise<void> {
    const { job, controller } = execution
    try {
      const perform = invoke ?? functionOf(job.run)
      const call = taskCall(job, this.kwargs.get(job.id) ?? {})
      execution.outcome = await perform(call, controller.signal as CancelSignal, this.#port(execution))
    } catch (error) {
      execution.rejection = { error }
    }
    execution.settled = true
  }

  #port({ calls, logs }: CaseExecution): TaskPort {
    return {
      call: (method, args) => {
        calls.push(method)
        return this.#call(method, args)
      },
      log: (entry) => void logs.push(entry),
    }
  }

  async #call(method: string, args: readonly JsonValue[]): Promise<JsonValue> {
    switch (method) {
      case 'hold':
        await this.#released
        return null
      case 'echo':
        return [...args]
      case 'begun':
        return null
      default:
        throw new TriggerkitError('InvalidArgument', `There is no ${method}.`, { details: { method } })
    }
  }
}

function functionOf(run: string): Invoke {
  const task = conformanceTasks.find(({ name }) => name === run)
  if (task === undefined) throw new TriggerkitError('UnknownTaskFunction', `The suite has no function ${run}.`, { details: { run } })
  return task.perform
}

function taskCall({ run, uid, incarnation, instance, task, round, attempt, manager, storage }: Job, kwargs: JsonObject): TaskCall {
  const configuration: TaskCall['configuration'] = { after: [], andEvery: null, unless: [], withParams: {}, run, using: null, extras: {} }
  return { run, uid, incarnation, instance, task, configuration, kwargs, round, attempt, depth: 0, manager, storage }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

const REPORTS = { finished: 'finished', skip: 'skipped', retry: 'retried' } as const

function reportOf({ outcome, rejection, controller }: CaseExecution): ExecutionReport {
  if (controller.signal.aborted) return { outcome: 'stale' }
  if (outcome === null) return { outcome: 'failed', error: recordOf(rejection?.error) }
  return outcome.kind === 'failed' ? { outcome: 'failed', error: outcome.error } : { outcome: REPORTS[outcome.kind] }
}

function recordOf(error: unknown): ErrorRecord {
  return { type: 'Error', message: String(error), code: null, stack: null, context: {}, causes: [] }
}
