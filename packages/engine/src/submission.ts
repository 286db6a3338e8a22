import { TriggerkitError } from '@triggerkit/contracts'
import type { Expiring } from './deadlines.js'
import type { Done, Work } from './work.js'

/** Work on its way through a session's queue, and the promise of whoever gave it. */
export class Submission<TAnswer = unknown> implements Expiring {
  readonly work: Work<TAnswer>
  readonly uid: string
  readonly deadline: number
  readonly promise: Promise<TAnswer>
  done: Done<TAnswer> | null = null
  /** Whether a change with this work was presented and its outcome is not known yet. */
  presented = false
  settled = false
  readonly #onSettled: (submission: Submission<TAnswer>) => void
  #resolve!: (answer: TAnswer) => void
  #reject!: (error: unknown) => void

  constructor(work: Work<TAnswer>, uid: string, deadline: number, onSettled: (submission: Submission<TAnswer>) => void) {
    this.work = work
    this.uid = uid
    this.deadline = deadline
    this.#onSettled = onSettled
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  resolve(answer: TAnswer): void {
    if (this.#settle()) this.#resolve(answer)
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  /** Called when the time limit has passed: what was presented may still be applied, the rest never will be. */
  expire(): void {
    this.reject(this.presented ? outcomeUnknown(this.uid, this.#id()) : notSent(this.uid))
  }

  #id(): string | undefined {
    const answer = this.done?.answer as { firing?: string } | undefined
    return this.work.id ?? answer?.firing
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.#onSettled(this)
    return true
  }
}

function outcomeUnknown(uid: string, id: string | undefined): TriggerkitError {
  const message = `Whether session ${JSON.stringify(uid)} was changed is not known: the storage didn't answer in time. Repeat the command with the id ${JSON.stringify(id)}: it is carried out once, however often it is repeated.`
  return new TriggerkitError('OutcomeUnknown', message, { details: { uid, id } })
}

function notSent(uid: string): TriggerkitError {
  const message = `Session ${JSON.stringify(uid)} was not changed: its storage could not be reached in time. Try again later.`
  return new TriggerkitError('StorageUnavailable', message, { details: { uid } })
}
