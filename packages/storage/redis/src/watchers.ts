import type { Version } from '@triggerkit/contracts'
import { Cluster, type Redis } from 'ioredis'

import { toVersion } from './records.js'

export type VersionListener = (version: Version | null) => void

/**
 * Who listens to which channel, over a connection of their own that is opened when somebody first listens. News that
 * came while it was cut off are made good by a look at each session.
 */
export class Watchers {
  readonly #client: Redis | Cluster
  readonly #look: (channel: string) => void
  readonly #listeners = new Map<string, Set<VersionListener>>()
  #subscriber: Redis | Cluster | undefined

  /** @param look - called for each channel whose news may have been missed */
  constructor(client: Redis | Cluster, look: (channel: string) => void) {
    this.#client = client
    this.#look = look
  }

  add(channel: string, listener: VersionListener): () => void {
    // A set tells functions apart, not calls: whoever listens twice is told twice.
    const watcher: VersionListener = (version) => listener(version)
    const listeners = this.#listeners.get(channel)
    if (listeners !== undefined) listeners.add(watcher)
    else this.#subscribe(channel, watcher)
    return () => this.#remove(channel, watcher)
  }

  tell(channel: string, version: Version | null): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) callQuietly(listener, version)
  }

  close(): void {
    this.#listeners.clear()
    this.#subscriber?.disconnect()
    this.#subscriber = undefined
  }

  #subscribe(channel: string, watcher: VersionListener): void {
    this.#listeners.set(channel, new Set([watcher]))
    // It is subscribed again with every connection, so a failure now is only a delay.
    this.#connected().subscribe(channel).catch(() => undefined)
  }

  #remove(channel: string, watcher: VersionListener): void {
    const listeners = this.#listeners.get(channel)
    if (listeners?.delete(watcher) !== true || listeners.size > 0) return
    this.#listeners.delete(channel)
    this.#subscriber?.unsubscribe(channel).catch(() => undefined)
  }

  #connected(): Redis | Cluster {
    this.#subscriber ??= this.#open()
    return this.#subscriber
  }

  #open(): Redis | Cluster {
    const subscriber = duplicate(this.#client)
    let connections = 0
    // Whoever calls the storage is told of what is wrong with the connection.
    subscriber.on('error', () => undefined)
    subscriber.on('message', (channel: string, text: string) => this.tell(channel, toVersion(text)))
    subscriber.on('ready', () => {
      connections += 1
      if (connections > 1) for (const channel of this.#listeners.keys()) this.#look(channel)
    })
    return subscriber
  }
}

/** Subscriptions wait for a connection, however long. */
function duplicate(client: Redis | Cluster): Redis | Cluster {
  if (client instanceof Cluster) return client.duplicate([], { enableOfflineQueue: true, lazyConnect: false })
  return (client as Redis).duplicate({ enableOfflineQueue: true, lazyConnect: false, maxRetriesPerRequest: null, autoResubscribe: true })
}

/** What a listener throws is its owner's affair: the other listeners are told, too. */
function callQuietly(listener: VersionListener, version: Version | null): void {
  try {
    listener(version)
  } catch {
    return
  }
}
