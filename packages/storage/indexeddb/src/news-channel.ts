import type { StoredSession, Version } from '@triggerkit/contracts'
import { toRecords, Watchers, type VersionListener } from '@triggerkit/session-records'

import { inPlace, recentOf } from './recent.js'
import type { SessionRow } from './schema.js'
import { versionOf } from './scope.js'

/** What became of a session: a new version, or its end. */
export interface News {
  readonly uid: string
  readonly version: Version | null
  /** The session's row, if its whole working set lies in it. */
  readonly row?: SessionRow | undefined
}

/** Whether news can cross from tab to tab here. */
export function hasChannels(): boolean {
  return typeof BroadcastChannel !== 'undefined'
}

/** Tells of new versions, in this storage and in every other one over the same database. */
export class NewsChannel {
  readonly #name: string
  readonly #watchers = new Watchers()
  #channel: BroadcastChannel | null = null
  #closed = false

  constructor(name: string) {
    this.#name = name
  }

  watch(uid: string, listener: VersionListener): () => void {
    this.#open()
    return this.#watchers.add(uid, listener)
  }

  tell(news: readonly News[]): void {
    if (news.length === 0 || !hasChannels()) return
    for (const { uid, version } of news) this.#watchers.tell(uid, version)
    // A channel doesn't hear itself, so each storage has one, and what was committed before its end is told after it.
    const channel = this.#open()
    channel.postMessage(news)
    if (this.#closed) channel.close()
  }

  close(): void {
    this.#closed = true
    this.#channel?.close()
    this.#channel = null
    this.#watchers.clear()
  }

  #open(): BroadcastChannel {
    if (this.#channel !== null) return this.#channel
    const channel = new BroadcastChannel(this.#name)
    if (this.#closed) return channel
    channel.onmessage = ({ data }: MessageEvent<readonly News[]>) => {
      for (const { uid, version, row } of data) if (this.#watchers.has(uid)) this.#watchers.tell(uid, version, row && storedIn(row))
    }
    return (this.#channel = channel)
  }
}

function storedIn(row: SessionRow): StoredSession {
  // A row beside which nothing of the working set lies remembers no removals of it.
  return { version: versionOf(row), working: toRecords(inPlace(recentOf(row), 'w') as Iterable<[string, string]>), wakeAt: row.wakeAt }
}
