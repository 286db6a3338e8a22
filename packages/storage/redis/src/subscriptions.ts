import type { Version } from '@triggerkit/contracts'
import { Watchers, type VersionListener } from '@triggerkit/session-records'
import { Cluster, type Redis } from 'ioredis'

import { toVersion } from './records.js'

/**
 * Who listens to which channel, over a connection of their own that is opened when somebody first listens. News that
 * came while it was cut off are made good by a look at each session.
 */
export class Subscriptions {
  readonly #client: Redis | Cluster
  readonly #look: (channel: string) => void
  readonly #watchers = new Watchers()
  #subscriber: Redis | Cluster | undefined

  /** @param look - called for each channel whose news may have been missed */
  constructor(client: Redis | Cluster, look: (channel: string) => void) {
    this.#client = client
    this.#look = look
  }

  add(channel: string, listener: VersionListener): () => void {
    // It is subscribed again with every connection, so a failure now is only a delay.
    if (!this.#watchers.has(channel)) this.#connected().subscribe(channel).catch(() => undefined)
    const remove = this.#watchers.add(channel, listener)
    return () => {
      if (!this.#watchers.has(channel)) return
      remove()
      if (!this.#watchers.has(channel)) this.#subscriber?.unsubscribe(channel).catch(() => undefined)
    }
  }

  tell(channel: string, version: Version | null): void {
    this.#watchers.tell(channel, version)
  }

  close(): void {
    this.#watchers.clear()
    this.#subscriber?.disconnect()
    this.#subscriber = undefined
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
      if (connections > 1) for (const channel of this.#watchers.watched()) this.#look(channel)
    })
    return subscriber
  }
}

/** Subscriptions wait for a connection, however long. */
function duplicate(client: Redis | Cluster): Redis | Cluster {
  if (client instanceof Cluster) return client.duplicate([], { enableOfflineQueue: true, lazyConnect: false })
  return (client as Redis).duplicate({ enableOfflineQueue: true, lazyConnect: false, maxRetriesPerRequest: null, autoResubscribe: true })
}
