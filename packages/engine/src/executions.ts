import { TriggerkitError } from '@triggerkit/contracts'
import type { Job, Version } from '@triggerkit/contracts'
import type { SessionState } from '@triggerkit/core'

/** An execution that runs in this process. */
export interface Execution {
  readonly job: Job
  readonly epoch: number
  readonly controller: AbortController
}

/** The executions of this process, so that those which no longer count can be aborted. */
export class Executions {
  readonly #running = new Map<string, Set<Execution>>()
  readonly #cancel: (job: Job) => void

  /** @param cancel - tells the job's runner to stop it, beyond the signal */
  constructor(cancel: (job: Job) => void) {
    this.#cancel = cancel
  }

  /** The sessions with executions here. */
  uids(): readonly string[] {
    return [...this.#running.keys()]
  }

  add(execution: Execution): void {
    const { uid } = execution.job
    const running = this.#running.get(uid)
    if (running === undefined) this.#running.set(uid, new Set([execution]))
    else running.add(execution)
  }

  remove(execution: Execution): void {
    const { uid } = execution.job
    const running = this.#running.get(uid)
    running?.delete(execution)
    if (running?.size === 0) this.#running.delete(uid)
  }

  /** Aborts the session's executions that its state, as just seen, no longer knows. */
  check(uid: string, seen: { readonly state: SessionState; readonly version: Version } | null): void {
    const running = this.#running.get(uid)
    if (running === undefined || seen === null) return
    for (const execution of running) {
      const { incarnation, instance } = execution.job
      const current = seen.state.instance(instance)
      const valid = seen.version.incarnation === incarnation && current?.status === 'running' && current.epoch === execution.epoch
      if (!valid) this.#abort(execution)
    }
  }

  /** Aborts the executions of one session, or all of them. */
  abort(uid?: string): void {
    for (const [own, running] of this.#running) {
      if (uid === undefined || own === uid) for (const execution of running) this.#abort(execution)
    }
  }

  #abort({ controller, job }: Execution): void {
    if (controller.signal.aborted) return
    const message = `This execution of ${job.instance} no longer counts: it was taken over, cancelled or overruled. Stop working.`
    controller.abort(new TriggerkitError('StaleExecutionError', message, { details: { instance: job.instance } }))
    this.#cancel(job)
  }
}
