import { isTriggerkitError, type Version } from '@triggerkit/contracts'
import { Watchers, type VersionListener } from '@triggerkit/session-records'
import type { Cluster, Redis } from 'ioredis'

import { isCluster } from './connection.js'
import { toVersion } from './records.js'

/** Before another connection is opened in place of one that was given up, in milliseconds. */
const PAUSE_MS = 200

/**
 * Who listens to which channel, over a connection of their own that is opened when somebody first listens. News that
 * came while it was cut off are made good by a look at each session.
 */
export class Subscriptions {
  readonly #client: Redis | Cluster
  readonly #look: (channel: string) => Promise<Version | null>
  readonly #silence: number
  readonly #watchers = new Watchers()
  /** The channels whose news may have been missed, until somebody has looked. */
  readonly #missed = new Set<string>()
  #subscriber: Redis | undefined
  #reopening: NodeJS.Timeout | undefined
  #inspecting: NodeJS.Timeout | undefined
  #connections = 0

  /**
   * @param look - tells what is there now, for a channel whose news may have been missed
   * @param silence - how long the connection may leave a question unanswered, in milliseconds
   */
  constructor(client: Redis | Cluster, look: (channel: string) => Promise<Version | null>, silence: number) {
    this.#client = client
    this.#look = look
    this.#silence = silence
  }

  add(channel: string, listener: VersionListener): () => void {
    const isNew = !this.#watchers.has(channel)
    const remove = this.#watchers.add(channel, listener)
    if (this.#subscriber === undefined && this.#reopening === undefined) this.#open()
    else if (isNew) this.#ready()?.subscribe(channel).catch(() => undefined)
    return () => {
      if (!this.#watchers.has(channel)) return
      remove()
      if (!this.#watchers.has(channel)) this.#ready()?.unsubscribe(channel).catch(() => undefined)
    }
  }

  tell(channel: string, version: Version | null): void {
    this.#watchers.tell(channel, version)
  }

  close(): void {
    this.#watchers.clear()
    clearTimeout(this.#reopening)
    clearInterval(this.#inspecting)
    this.#subscriber?.off('end', this.#reopen).disconnect()
    this.#subscriber = undefined
  }

  /** The connection, where it is there; what it isn't told now, it is when it is there again. */
  #ready(): Redis | undefined {
    return this.#subscriber?.status === 'ready' ? this.#subscriber : undefined
  }

  #open(): void {
    const subscriber = subscriberOf(this.#client, this.#silence)
    this.#inspecting ??= setInterval(() => this.#inspect(), this.#silence)
    if (subscriber === null) return this.#reopen()
    this.#subscriber = subscriber
    // Whoever calls the storage is told of what is wrong with the connection.
    subscriber.on('error', () => undefined)
    subscriber.on('message', (channel: string, text: string) => this.tell(channel, toVersion(text)))
    subscriber.on('ready', () => this.#begin(subscriber))
    subscriber.on('end', this.#reopen)
  }

  readonly #reopen = (): void => {
    this.#reopening = setTimeout(() => {
      this.#reopening = undefined
      this.#open()
    }, PAUSE_MS)
  }

  /** With each connection: first it listens, and then it looks at what came before, so that nothing comes in between. */
  #begin(subscriber: Redis): void {
    this.#connections += 1
    const isFirst = this.#connections === 1
    for (const channel of this.#watchers.watched()) subscriber.subscribe(channel).then(() => isFirst || this.#lookAt(channel), () => undefined)
  }

  /** Of a machine that has vanished a connection on which nobody asks anything never tells. */
  #inspect(): void {
    this.#ready()?.ping().catch(() => undefined)
    for (const channel of this.#missed) this.#lookAt(channel)
  }

  #lookAt(channel: string): void {
    this.#missed.add(channel)
    this.#look(channel).then(
      (version) => {
        this.#missed.delete(channel)
        this.tell(channel, version)
      },
      (error: unknown) => {
        // What can't be reached now is looked at later; of anything else the next commit tells.
        if (!isTriggerkitError(error, 'StorageUnavailable') || !this.#watchers.has(channel)) this.#missed.delete(channel)
      },
    )
  }
}

/**
 * A connection for subscriptions; `null` where no node of a Cluster is known yet. Of a Cluster it leads to any one node, for all
 * are told of everything: a subscription of ioredis' own goes from node to node, and nobody hears when it was cut off meanwhile.
 */
function subscriberOf(client: Redis | Cluster, socketTimeout: number): Redis | null {
  // It says anew with each connection what it listens to: what the last one left unsaid is not said again.
  const options = { enableOfflineQueue: false, lazyConnect: false, maxRetriesPerRequest: 0, autoResubscribe: false, socketTimeout }
  if (!isCluster(client)) return client.duplicate(options)
  if (client.status === 'wait') client.connect().catch(() => undefined)
  const nodes = client.nodes()
  const node = nodes[Math.floor(Math.random() * nodes.length)]
  return node?.duplicate({ ...options, readOnly: false, retryStrategy: () => null }) ?? null
}
