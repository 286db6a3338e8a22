import { TriggerkitError } from '@triggerkit/contracts'
import type { CancelSignal, Job } from '@triggerkit/contracts'
import type { Seen } from './build.js'

/** An execution that runs in this process. */
export class Execution {
  readonly job: Job
  readonly epoch: number
  /** Resolves with the reason once it is aborted. */
  readonly aborted: Promise<Error>
  #reason: Error | null = null
  #controller: AbortController | null = null
  #tell!: (reason: Error) => void

  constructor(job: Job, epoch: number) {
    this.job = job
    this.epoch = epoch
    this.aborted = new Promise((resolve) => (this.#tell = resolve))
  }

  get isAborted(): boolean {
    return this.#reason !== null
  }

  /** Made when it is first asked for: few tasks do, and making one costs Node more than a short task. */
  get signal(): CancelSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== null) this.#controller.abort(this.#reason)
    return this.#controller.signal as CancelSignal
  }

  /** Only the first reason counts. */
  abort(reason: Error): void {
    if (this.#reason !== null) return
    this.#reason = reason
    this.#tell(reason)
    this.#controller?.abort(reason)
  }
}

/** Who must be told what becomes of executions. */
export interface ExecutionListeners {
  /** Tells the job's runner to stop it, beyond the signal. */
  readonly cancel: (job: Job) => void
  /** An execution has ended here, with or without its outcome being recorded. */
  readonly ended: (execution: Execution) => void
}

/** The executions of this process, so that those which no longer count can be aborted. */
export class Executions {
  readonly #running = new Map<string, Set<Execution>>()
  readonly #listeners: ExecutionListeners
  #ended = false

  constructor(listeners: ExecutionListeners) {
    this.#listeners = listeners
  }

  /** The sessions with executions here. */
  uids(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** Whether that very execution runs here. */
  has(uid: string, instance: string, epoch: number): boolean {
    return [...(this.#running.get(uid) ?? [])].some(({ job, epoch: own }) => job.instance === instance && own === epoch)
  }

  add(execution: Execution): void {
    const { uid } = execution.job
    const running = this.#running.get(uid)
    if (running === undefined) this.#running.set(uid, new Set([execution]))
    else running.add(execution)
    if (this.#ended) this.#abort(execution)
  }

  remove(execution: Execution): void {
    const { uid } = execution.job
    const running = this.#running.get(uid)
    running?.delete(execution)
    if (running?.size === 0) this.#running.delete(uid)
    this.#listeners.ended(execution)
  }

  /** Aborts the session's executions that its state, as just seen, no longer knows. */
  check(uid: string, seen: Readonly<Seen> | null): void {
    const running = this.#running.get(uid)
    if (running === undefined || seen === null) return
    for (const execution of running) if (!isCurrent(execution, seen)) this.#abort(execution)
  }

  /** Aborts the executions of one session, or all of them. */
  abort(uid?: string): void {
    for (const [own, running] of this.#running) {
      if (uid === undefined || own === uid) for (const execution of running) this.#abort(execution)
    }
  }

  /** Aborts all executions, and those that begin from now on. */
  end(): void {
    this.#ended = true
    this.abort()
  }

  /** Aborts the execution of one job. */
  abortJob({ uid, id }: Job): void {
    for (const execution of this.#running.get(uid) ?? []) if (execution.job.id === id) this.#abort(execution)
  }

  #abort(execution: Execution): void {
    if (execution.isAborted) return
    const { job } = execution
    const message = `This execution of ${job.instance} no longer counts: it was taken over, cancelled or overruled. Stop working.`
    execution.abort(new TriggerkitError('StaleExecutionError', message, { details: { instance: job.instance } }))
    this.#listeners.cancel(job)
  }
}

/** Whether the session, as seen, still knows the execution as the one that counts. */
export function isCurrent({ job, epoch }: Execution, { state, version }: Readonly<Seen>): boolean {
  const current = state.instance(job.instance)
  return version.incarnation === job.incarnation && current?.status === 'running' && current.epoch === epoch
}
