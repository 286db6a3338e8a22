import type { StoredSession, Version } from '@triggerkit/contracts'

/** Told of a session's new version, which may bring the session along; of its end with `null`. */
export type VersionListener = (version: Version | null, stored?: StoredSession) => void

interface Watcher {
  readonly listener: VersionListener
}

/** Who wants to be told of which session, as the storage port's `watch` promises it. */
export class Watchers {
  readonly #watchers = new Map<string, Set<Watcher>>()

  /** The sessions that somebody watches. */
  watched(): readonly string[] {
    return [...this.#watchers.keys()]
  }

  /** Whether somebody watches that session. */
  has(session: string): boolean {
    return this.#watchers.has(session)
  }

  /** Adds a listener, also one that listens already: it is told twice then. @returns what ends it */
  add(session: string, listener: VersionListener): () => void {
    const watchers = this.#watchers.get(session) ?? new Set()
    const watcher = { listener }
    this.#watchers.set(session, watchers.add(watcher))
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(session) === watchers) this.#watchers.delete(session)
    }
  }

  /** Ends all listening, of those that are about to be told, too. */
  clear(): void {
    for (const watchers of this.#watchers.values()) watchers.clear()
    this.#watchers.clear()
  }

  /** Tells each listener that still listens by then, after the running code: nobody is told amid a commit. */
  tell(session: string, version: Version | null, stored?: StoredSession): void {
    const watchers = this.#watchers.get(session)
    if (watchers === undefined) return
    queueMicrotask(() => {
      for (const watcher of [...watchers]) if (watchers.has(watcher)) callQuietly(() => watcher.listener(version, stored))
    })
  }
}

/** What a listener throws is its owner's affair: whoever committed, and the other listeners, go on. */
function callQuietly(listener: () => void): void {
  try {
    listener()
  } catch {
    return
  }
}
