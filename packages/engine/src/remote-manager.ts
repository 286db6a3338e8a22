import type { JsonValue, TaskPort } from '@triggerkit/contracts'

/** The manager as a task sees it that runs in another thread or on another machine: every method call crosses the port. */
export function remoteManager(port: TaskPort, uid: string): object {
  return new Proxy({ uid } as Record<string, unknown>, {
    // A proxy that answers `then` would be taken for a promise.
    get: (own, method) =>
      typeof method !== 'string' || method === 'then'
        ? undefined
        : (own[method] ?? ((...args: readonly JsonValue[]) => port.call(method, args))),
  })
}
