import type { JsonObject, RetryRequest } from '@triggerkit/contracts'

/** What `context.retry` makes: thrown or returned, it ends the run. */
export class RetryThrown extends Error {
  readonly request: RetryRequest

  constructor(request: RetryRequest) {
    super('A task asks to be retried.')
    this.name = 'RetryThrown'
    this.request = request
  }
}

/** What `context.skip` makes: thrown or returned, it ends the run. */
export class SkipThrown extends Error {
  readonly metadata: JsonObject

  constructor(metadata: JsonObject) {
    super('A task asks to be skipped.')
    this.name = 'SkipThrown'
    this.metadata = metadata
  }
}

/** Whether it is what `context.retry` or `context.skip` made. Both are made and caught by the same copy of this module. */
export function isRequest(value: unknown): value is RetryThrown | SkipThrown {
  return value instanceof RetryThrown || value instanceof SkipThrown
}
