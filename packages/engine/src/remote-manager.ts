import type { JsonValue, TaskPort } from '@triggerkit/contracts'

/** The manager as a task sees it that runs in another thread or on another machine: every method call crosses the port. */
export function remoteManager(port: TaskPort): object {
  return new Proxy(Object.create(null) as object, {
    // A proxy that answers `then` would be taken for a promise.
    get: (_target, method) =>
      typeof method === 'string' && method !== 'then' ? (...args: readonly JsonValue[]) => port.call(method, args) : undefined,
  })
}
