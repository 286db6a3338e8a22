import type { JsonObject, JsonValue, Task } from '@triggerkit/contracts'
import { defineTask } from '@triggerkit/engine'
import type { TaskContext } from '@triggerkit/engine'

/** How often `retrySelf` may be retried unless a scenario says otherwise. */
export const DEFAULT_RETRY_LIMIT = 3

/** The ten task behaviours that recorded scenarios name in `run`. */
export function behaviours(retryLimit: number): readonly Task[] {
  return [
    defineTask('passThru', ({ triggerKwargs }) => ({ kwargs: triggerKwargs })),
    defineTask('devNull', () => ({})),
    defineTask('fail', () => fail('RuntimeError', 'This task always fails.')),
    defineTask('failOnce', ({ triggerKwargs }) => (member(triggerKwargs, 'extra', 'ok') === true ? {} : fail('RuntimeError', 'Not ok yet.'))),
    defineTask('badResult', () => 'nope'),
    defineTask('skipSelf', (context) => {
      throw context.skip({ kwargs: context.triggerKwargs })
    }),
    defineTask('retrySelf', { maxRetries: retryLimit }, (context) => retrySelf(context, retryLimit)),
    defineTask('logWarning', ({ withLogger }) => withLogger({}, (logger) => logged(() => logger.warn('A warning.')))),
    defineTask('logError', ({ withLogger }) => withLogger({}, (logger) => logged(() => logger.error('An error.')))),
    defineTask('fireOther', fireOther),
  ]
}

function logged(log: () => void): JsonObject {
  log()
  return {}
}

function retrySelf(context: TaskContext, limit: number): JsonObject {
  const max = member(context.triggerKwargs, 'retries', 'max') ?? limit
  if (!Number.isInteger(max) || (max as number) < 1) fail('ValueError', 'retries.max must be a whole number from 1 up.')
  if (context.depth >= (max as number)) return { count: context.depth }
  throw context.retry()
}

async function fireOther({ triggerKwargs, manager, instance }: TaskContext): Promise<JsonObject> {
  const name = member(triggerKwargs, 'fireOther', 'name')
  if (typeof name === 'string' && name !== '') await manager.fire(name, { from: instance })
  return {}
}

function member(kwargs: JsonObject, trigger: string, name: string): JsonValue | undefined {
  const own = Object.hasOwn(kwargs, trigger) ? kwargs[trigger] : undefined
  if (typeof own !== 'object' || own === null || Array.isArray(own)) return undefined
  return Object.hasOwn(own, name) ? (own as JsonObject)[name] : undefined
}

function fail(name: string, message: string): never {
  const error = new Error(message)
  error.name = name
  throw error
}
