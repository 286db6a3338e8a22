import { TriggerkitError } from '@triggerkit/contracts'
import type { CancelSignal, Clock, ExecutionReport, Invoke, Job, JsonObject, JsonValue, LogEntry, Logger, RunnerHost, TaskCall, TaskOutcome, Timer } from '@triggerkit/contracts'

/** What became of one job. */
export interface Told {
  readonly controller: AbortController
  readonly logs: LogEntry[]
  readonly calls: { readonly method: string; readonly args: readonly JsonValue[] }[]
  outcome: TaskOutcome | null
  error: TriggerkitError | null
}

/** Real time, but for timers in the background: those fire when time is skipped. */
class SkippingClock implements Clock {
  readonly #background = new Map<() => void, number>()
  #skipped = 0

  monotonic(): number {
    return performance.now() + this.#skipped
  }

  setTimer(callback: () => void, delay: number, background: boolean = false): Timer {
    if (!background) return setTimeout(callback, Math.min(delay, 2 ** 31 - 1))
    this.#background.set(callback, this.monotonic() + delay)
    return callback
  }

  clearTimer(timer: Timer): void {
    if (typeof timer === 'function') this.#background.delete(timer as () => void)
    else clearTimeout(timer as NodeJS.Timeout)
  }

  advance(milliseconds: number): void {
    this.#skipped += milliseconds
    for (const [callback, due] of this.#background) {
      if (due <= this.monotonic() && this.#background.delete(callback)) callback()
    }
  }
}

/** An engine as a runner sees it: executes each job by `invoke`, and notes what became of it. */
export class FakeHost implements RunnerHost {
  readonly clock: SkippingClock = new SkippingClock()
  readonly warned: string[] = []
  readonly logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message, meta) => void this.warned.push(`${message} ${String(meta?.['error'])}`),
    error: (message, meta) => void this.warned.push(`${message} ${String(meta?.['error'])}`),
  }
  readonly told: Map<string, Told> = new Map()
  readonly kwargs: Map<string, JsonObject> = new Map()
  /** What the logger throws at. */
  unbearable: string | null = null
  running = 0
  mostRunning = 0
  #release!: () => void
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve))
  readonly #waiting = new Map<string, () => void>()

  abort(): void {
    throw new Error('A runner of threads loses no job.')
  }

  now(): number {
    return 1_700_000_000_000 + performance.now()
  }

  release(): void {
    this.#release()
  }

  /** Resolves when the job's function is heard of for the first time. */
  begun(id: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }

  async execute(job: Job, invoke?: Invoke): Promise<ExecutionReport> {
    const told: Told = { controller: new AbortController(), logs: [], calls: [], outcome: null, error: null }
    this.told.set(job.id, told)
    this.running += 1
    this.mostRunning = Math.max(this.mostRunning, this.running)
    try {
      told.outcome = await (invoke as Invoke)(callOf(job, this.kwargs.get(job.id) ?? {}), told.controller.signal as CancelSignal, {
        call: (method, args) => this.#call(job.id, told, { method, args }),
        log: (entry) => {
          if (entry.message === this.unbearable) throw new Error('The log is full.')
          told.logs.push(entry)
          this.#waiting.get(job.id)?.()
        },
      })
    } catch (error) {
      told.error = error as TriggerkitError
    }
    this.running -= 1
    return { outcome: 'finished' }
  }

  async #call(id: string, told: Told, call: Told['calls'][number]): Promise<JsonValue> {
    told.calls.push(call)
    this.#waiting.get(id)?.()
    if (call.method === 'hold') await this.#released
    if (call.method === 'odd') return (() => 1) as unknown as JsonValue
    if (call.method !== 'refuse') return [...call.args]
    throw new TriggerkitError('SchedulingRefused', 'No.', { details: { committed: true }, cause: new Error('Because.') })
  }
}

function callOf({ run, uid, incarnation, instance, task, round, attempt, manager, storage }: Job, kwargs: JsonObject): TaskCall {
  const configuration: TaskCall['configuration'] = { after: [], andEvery: null, unless: [], withParams: {}, run, using: null, extras: {} }
  return { run, uid, incarnation, instance, task, configuration, kwargs, round, attempt, depth: 0, manager, storage }
}
