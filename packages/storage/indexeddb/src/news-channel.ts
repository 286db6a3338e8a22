import type { StoredSession, Version } from '@triggerkit/contracts'
import { toRecords, Watchers, type VersionListener } from '@triggerkit/session-records'

/** What became of a session: a new version, or its end. */
export interface News {
  readonly uid: string
  readonly version: Version | null
  /** The session as it is with that version, its records as texts, if whoever tells has it at hand. */
  readonly stored?: (Omit<StoredSession, 'working'> & { readonly working: readonly (readonly [key: string, text: string])[] }) | undefined
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
      for (const news of data) if (this.#watchers.has(news.uid)) this.#hear(news)
    }
    return (this.#channel = channel)
  }

  #hear({ uid, version, stored }: News): void {
    this.#watchers.tell(uid, version, stored && { ...stored, working: toRecords(stored.working) })
  }
}
