/*
 * A worker that closes itself, or that the browser stops, tells nobody. But the Web Lock that it held is then free, at once: so it
 * holds one for life, and the page waits for it. Where there are no Web Locks, only time limits find such a worker out.
 */

/** Holds a lock of its own as long as this thread lives. @returns its name; `null` where Web Locks are missing or refused */
export function holdLifeLine(): Promise<string | null> {
  const { locks } = globalThis.navigator
  if (locks === undefined) return Promise.resolve(null)
  const name = `triggerkit:worker:${crypto.randomUUID()}`
  return new Promise((resolve) => {
    const holdForLife = (): Promise<never> => {
      resolve(name)
      return new Promise(() => undefined)
    }
    locks.request(name, holdForLife).catch(() => resolve(null))
  })
}

/** Calls back when the thread that holds the lock is no more. */
export function watchLife(name: string, signal: AbortSignal, onEnd: () => void): void {
  // Refused when it is no longer watched, or when this page itself is going away.
  globalThis.navigator.locks?.request(name, { signal }, onEnd).catch(() => undefined)
}
