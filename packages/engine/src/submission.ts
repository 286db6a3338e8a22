import { TriggerkitError } from '@triggerkit/contracts'
import type { Draft } from '@triggerkit/core'
import type { Deadlines, Expiring } from './deadlines.js'
import { attempt } from './work.js'
import type { Done, Recording, Work } from './work.js'

/** Who watches over submissions: their deadlines, and who else wants to know of their end. */
export interface SubmissionWatch {
  readonly deadlines: Deadlines
  readonly onSettled: (submission: Submission) => void
}

/** Work on its way through a session's queue, and the promise of whoever gave it. */
export class Submission<TAnswer = unknown> implements Expiring {
  readonly work: Work<TAnswer>
  readonly uid: string
  readonly promise: Promise<TAnswer>
  /** By the clock's monotonic time; `Infinity` for patient work. */
  deadline: number = Infinity
  /** What the work did when it was last carried out, and what it threw. Neither counts before the commit is known. */
  done: Done<TAnswer> | null = null
  failure: { readonly error: unknown } | null = null
  /** Whether a change with this work was presented and its outcome is not known yet. */
  presented = false
  /** What the storage last threw at it: the cause, should time run out. */
  obstacle: { readonly cause?: unknown } = {}
  settled = false
  #decided = false
  readonly #watch: SubmissionWatch
  #resolve!: (answer: TAnswer) => void
  #reject!: (error: unknown) => void

  constructor(work: Work<TAnswer>, uid: string, watch: SubmissionWatch) {
    this.work = work
    this.uid = uid
    this.#watch = watch
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Sets a deadline for work that has none yet. */
  limit(deadline: number): void {
    if (this.deadline !== Infinity || this.#decided || this.settled) return
    this.deadline = deadline
    this.#watch.deadlines.add(this)
  }

  /** Does the work on the group's draft; what it throws is kept, and leaves the draft as it was. */
  carryOut(draft: Draft, incarnation: string, recording: Recording): void {
    this.presented = false
    this.done = null
    this.failure = null
    try {
      if ((this.work.incarnation ?? incarnation) !== incarnation) throw sessionGone(this.uid)
      this.done = attempt(draft, this.work, recording)
      recording.keep(true)
    } catch (error) {
      this.failure = { error }
      if (this.work.mayRepeat && this.work.id !== undefined) recording.doubt(this.work.id)
      recording.keep(false)
    }
  }

  /** Called once the outcome is known: what then follows, hand-over and hooks, has limits of its own. */
  decide(): void {
    this.#decided = true
    this.#watch.deadlines.remove(this)
  }

  resolve(answer: TAnswer): void {
    if (this.#settle()) this.#resolve(answer)
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  /** Called when the time limit has passed: what was presented may still be applied, the rest never will be. */
  expire(): void {
    this.reject(this.presented ? outcomeUnknown(this.uid, this.#id(), this.obstacle) : notSent(this.uid, this.obstacle))
  }

  #id(): string | undefined {
    // A transaction may answer with anything, and repeats as a whole.
    const answer = (this.work.atomic ? this.done?.answer : null) as { firing?: string } | null | undefined
    return this.work.id ?? answer?.firing
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.#watch.deadlines.remove(this)
    this.#watch.onSettled(this as Submission)
    return true
  }
}

export function closedError(): TriggerkitError {
  return new TriggerkitError('Closed', 'This application was closed. Make a new one with createTriggers.')
}

export function overloaded(uid: string, maxQueue: number): TriggerkitError {
  const message = `${maxQueue} commands already wait for session ${JSON.stringify(uid)}; this one was not accepted. Slow down, or raise maxQueue.`
  return new TriggerkitError('Overloaded', message, { details: { uid, maxQueue } })
}

function sessionGone(uid: string): TriggerkitError {
  const message = `The session ${JSON.stringify(uid)} of this execution is gone, and another has come in its place: stop it.`
  return new TriggerkitError('StaleExecutionError', message, { details: { uid } })
}

function outcomeUnknown(uid: string, id: string | undefined, obstacle: Submission['obstacle']): TriggerkitError {
  const advice =
    id === undefined
      ? 'Check the session before you repeat it, or give its firings ids of your own.'
      : `Repeat the command with the id ${JSON.stringify(id)}: it is carried out once, however often it is repeated.`
  const message = `It is unknown whether session ${JSON.stringify(uid)} was changed: the storage didn't answer in time. ${advice}`
  return new TriggerkitError('OutcomeUnknown', message, { ...obstacle, details: { uid, ...(id !== undefined && { id }) } })
}

function notSent(uid: string, obstacle: Submission['obstacle']): TriggerkitError {
  const message = `Session ${JSON.stringify(uid)} was not changed: its storage could not be reached in time. Try again later.`
  return new TriggerkitError('StorageUnavailable', message, { ...obstacle, details: { uid } })
}
