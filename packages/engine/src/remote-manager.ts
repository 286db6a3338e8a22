import type { JsonValue, TaskPort } from '@triggerkit/contracts'

/** The manager as a task sees it that runs in another thread or on another machine: every method call crosses the port. */
export function remoteManager(port: TaskPort, uid: string): object {
  return new Proxy(Object.create(null) as object, {
    get: (_target, name) => {
      if (name === 'uid') return uid
      // A proxy that answers `then` would be taken for a promise.
      if (typeof name !== 'string' || name === 'then') return undefined
      return (...args: readonly JsonValue[]) => port.call(name, args)
    },
  })
}
