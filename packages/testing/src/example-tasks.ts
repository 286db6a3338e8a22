import type { JsonObject, Task } from '@triggerkit/contracts'
import { defineTask } from '@triggerkit/engine'

/** Returns what it got: `{ kwargs }`. Its name as `run`: `passThrough`. */
export const passThrough: Task = defineTask('passThrough', ({ triggerKwargs }) => ({ kwargs: triggerKwargs }))

/** Takes everything and returns nothing. Its name as `run`: `devNull`. */
export const devNull: Task = defineTask('devNull', () => ({}))

/** What `failing` throws. */
export class ExampleFailure extends Error {
  override readonly name = 'ExampleFailure'
}

/** Fails with an {@link ExampleFailure}, its message the custom directive `message` if there is one. Its name as `run`: `failing`. */
export const failing: Task = defineTask('failing', ({ extras }) => {
  throw new ExampleFailure(typeof extras.message === 'string' ? extras.message : 'This task always fails.')
})

/** Skips itself, with what it got as metadata: `{ kwargs }`. Its name as `run`: `selfSkipping`. */
export const selfSkipping: Task = defineTask('selfSkipping', ({ triggerKwargs, skip }) => {
  throw skip({ kwargs: triggerKwargs as JsonObject })
})

/** How often `selfRetrying` may retry, and how often it does unless it is told. */
const MAX_RETRIES = 3

/**
 * Retries until its instance descends from as many others as the custom directive `retries` says (3 unless given), after a
 * `cooldown` of as many milliseconds as that directive says (0), and then returns `{ retries }`. Asked for more than 3, it
 * fails with `MaxRetriesExceeded`. Its name as `run`: `selfRetrying`.
 */
export const selfRetrying: Task = defineTask('selfRetrying', { maxRetries: MAX_RETRIES }, ({ depth, extras, retry }) => {
  const { retries = MAX_RETRIES, cooldown = 0 } = extras as { readonly retries?: number; readonly cooldown?: number }
  if (depth >= retries) return { retries: depth }
  throw retry({ cooldown })
})

/** All five, to be given as `tasks`. */
export const exampleTasks: readonly Task[] = [passThrough, devNull, failing, selfSkipping, selfRetrying]
