import type { Version } from '@triggerkit/contracts'

/** What became of a session: a new version, or its end. */
export interface News {
  readonly uid: string
  readonly version: Version | null
}

export type VersionListener = (version: Version | null) => void

interface Watcher {
  readonly listener: VersionListener
}

/** Who wants to be told of which session. */
export class Watchers {
  readonly #watchers = new Map<string, Set<Watcher>>()

  add(uid: string, listener: VersionListener): () => void {
    const watchers = this.#watchers.get(uid) ?? new Set()
    const watcher = { listener }
    this.#watchers.set(uid, watchers.add(watcher))
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(uid) === watchers) this.#watchers.delete(uid)
    }
  }

  clear(): void {
    for (const watchers of this.#watchers.values()) watchers.clear()
    this.#watchers.clear()
  }

  /** Tells each listener that still listens by then, after the running code: nobody is told amid a commit. */
  tell(uid: string, version: Version | null): void {
    const watchers = this.#watchers.get(uid)
    if (watchers === undefined) return
    queueMicrotask(() => {
      for (const watcher of [...watchers]) if (watchers.has(watcher)) callQuietly(watcher.listener, version)
    })
  }
}

/** What a listener throws is its owner's affair: whoever committed, and the other listeners, go on. */
function callQuietly(listener: VersionListener, version: Version | null): void {
  try {
    listener(version)
  } catch {
    return
  }
}
