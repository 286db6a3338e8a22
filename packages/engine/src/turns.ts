import { TriggerkitError } from '@triggerkit/contracts'
import type { Refusal } from '@triggerkit/core'
import type { Submission } from './submission.js'

/** Settles committed submissions: each after its hand-over and its hooks, and the hooks start in commit order. */
export class Turns {
  #last: Promise<void> | null = null

  /** @param handedOver - settles once the submission's hand-overs have been answered or have failed */
  take(submission: Submission, handedOver: Promise<unknown> | null): void {
    const end = (): void => settle(submission)
    if (submission.work.hooks === undefined) {
      if (handedOver === null) end()
      else void handedOver.then(end, end)
      return
    }
    const turn = settleLater(submission, this.#last, handedOver).then(() => {
      if (this.#last === turn) this.#last = null
    })
    this.#last = turn
  }
}

/** Resolves once the hooks have started. */
async function settleLater(submission: Submission, previous: Promise<void> | null, handedOver: Promise<unknown> | null): Promise<void> {
  await previous
  await handedOver?.catch(() => undefined)
  const end = (): void => settle(submission)
  const hooks = submission.work.hooks?.(submission.done?.events ?? [])
  if (hooks === undefined) end()
  else void hooks.then(end, end)
}

function settle(submission: Submission): void {
  const { refusal, answer } = submission.done as NonNullable<typeof submission.done>
  if (refusal === null) submission.resolve(answer)
  else submission.reject(schedulingRefused(refusal, { committed: true, answer }))
}

/** The error of a call by which an instance could not be scheduled, and whether the rest of it is committed. */
export function schedulingRefused({ message, ...concerned }: Refusal, what: { readonly committed: boolean; readonly answer?: unknown }, consequence = ''): TriggerkitError {
  return new TriggerkitError('SchedulingRefused', message + consequence, { details: { ...concerned, ...what } })
}
