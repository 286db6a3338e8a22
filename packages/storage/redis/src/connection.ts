import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import { Cluster, Redis } from 'ioredis'

import { reasonOf, timedOut, toFailure, unanswered, unreachable } from './failures.js'
import { assertUsable, type RedisConnectionOptions, type Settings } from './options.js'
import type { Script } from './script.js'

type Client = Redis | Cluster

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/*
 * ioredis sends a command again after a reconnect unless told otherwise, and without that leaves it pending for ever
 * (redis/ioredis#2193). With no retries at all it rejects what was under way as soon as the connection is lost: the
 * outcome is unknown then, and the engine presents the change again. Nothing waits in a queue for a connection, either:
 * what was not sent is known not to have been sent.
 */
const SENT_ONCE: RedisConnectionOptions = { enableOfflineQueue: false, maxRetriesPerRequest: 0 }

const OWN: RedisConnectionOptions = {
  lazyConnect: true,
  retryStrategy: pause,
  // After a failover the connection may lead to what is a replica by now.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
}

/** A client, each of whose calls ends within a limit and fails with a code. */
export class Connection {
  readonly client: Client
  readonly #own: boolean
  readonly #timeout: number
  readonly #underway = new Set<Promise<unknown>>()
  #connecting: Promise<void> | undefined
  #lastError: unknown
  #closed = false

  /** @throws `InvalidArgument` for a client that the storage can't work with */
  constructor({ source, commandTimeout }: Settings) {
    this.#own = source.client === undefined
    this.#timeout = commandTimeout
    this.client = source.client ?? open(source, commandTimeout)
    assertUsable(this.client, source)
    if (!this.#own) return
    // A Cluster's own errors say only that no node could be reached.
    this.client.on(this.isCluster ? 'node error' : 'error', (error: unknown) => (this.#lastError = error))
    this.client.on('error', () => undefined)
  }

  get isCluster(): boolean {
    return isCluster(this.client)
  }

  /** Whether a rejected command was sent once at most: a Cluster's client, and one that was given, may have sent it before. */
  get #sendsOnce(): boolean {
    return this.#own && !this.isCluster
  }

  /**
   * Runs a script in one round trip, two where Redis doesn't know the script yet or has forgotten it.
   * @throws `StorageUnavailable`, `StorageRefused`, `OutcomeUnknown`, `Closed`
   */
  async run<TAnswer>(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<TAnswer> {
    this.assertOpen()
    if (script.looks) return this.look((client) => evaluate<TAnswer>(client, script, [keys.length, ...keys, ...args]))
    return this.#track(this.#ask((client) => evaluate<TAnswer>(client, script, [keys.length, ...keys, ...args])))
  }

  /** Asks the client something that changes nothing. @throws `StorageUnavailable`, `StorageRefused`, `Closed` */
  async look<TAnswer>(question: (client: Client) => Promise<TAnswer>): Promise<TAnswer> {
    this.assertOpen()
    const answer = this.#ask(question).catch((error: unknown) => {
      throw isTriggerkitError(error, 'OutcomeUnknown') ? unanswered(error) : error
    })
    return this.#track(answer)
  }

  #track<TAnswer>(asked: Promise<TAnswer>): Promise<TAnswer> {
    this.#underway.add(asked)
    asked.then(
      () => this.#underway.delete(asked),
      () => this.#underway.delete(asked),
    )
    return asked
  }

  /** Lets what is under way end, and then disconnects what it opened itself. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#underway)
    if (this.#own) this.client.disconnect()
  }

  /** @throws `Closed` */
  assertOpen(): void {
    if (this.#closed) throw new TriggerkitError('Closed', 'This Redis storage is closed; open another one over the same data.')
  }

  async #ask<TAnswer>(question: (client: Client) => Promise<TAnswer>): Promise<TAnswer> {
    const end = performance.now() + this.#timeout
    if (this.client.status !== 'ready') await this.#ready()
    try {
      return await within(question(this.client), end - performance.now(), () => timedOut(this.#timeout))
    } catch (error) {
      throw isTriggerkitError(error) ? error : toFailure(error, this.#sendsOnce)
    }
  }

  /** Waits for the connection; rejects as soon as an attempt to connect fails. */
  async #ready(): Promise<void> {
    if (this.client.status === 'end') throw unreachable(this.#lastError ?? new Error('The client was disconnected.'))
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    await this.#connecting
  }

  async #connect(): Promise<void> {
    const { client } = this
    const stop = new AbortController()
    const connected = new Promise<void>((resolve, reject) => {
      const [ready, failed] = [(): void => resolve(), (error: unknown): void => reject(unreachable(this.isCluster ? (this.#lastError ?? error) : error))]
      client.once('ready', ready).once('error', failed)
      stop.signal.addEventListener('abort', () => client.off('ready', ready).off('error', failed))
    })
    if (client.status === 'wait') client.connect().catch(() => undefined)
    const late = (): TriggerkitError => unreachable(this.#lastError ?? Object.assign(new Error('late'), { code: 'TIMEOUT' }))
    await within(connected, this.#timeout, late).finally(() => stop.abort())
  }
}

/** Told by what it says of itself: there may be two copies of ioredis. */
export function isCluster(client: Client): client is Cluster {
  return client.isCluster
}

async function evaluate<TAnswer>(client: Client, { sha, lua }: Script, rest: readonly (string | number)[]): Promise<TAnswer> {
  try {
    return (await client.call('EVALSHA', [sha, ...rest])) as TAnswer
  } catch (error) {
    if (reasonOf(error) !== 'NOSCRIPT') throw error
    return (await client.call('EVAL', [lua, ...rest])) as TAnswer
  }
}

function open({ url, connection, cluster }: Settings['source'], timeout: number): Client {
  if (cluster !== undefined) return openCluster(cluster, timeout)
  const options = { ...OWN, ...limits(timeout), ...connection, ...SENT_ONCE }
  return url === undefined ? new Redis(options) : new Redis(url, options)
}

function openCluster({ nodes, options = {} }: NonNullable<Settings['source']['cluster']>, timeout: number): Cluster {
  return new Cluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: pause,
    ...options,
    redisOptions: { ...limits(timeout), maxRetriesPerRequest: 0, ...options.redisOptions },
  })
}

/** A connection that brings nothing for so long while somebody waits is given up: of a machine that has vanished TCP tells after a quarter of an hour. */
function limits(timeout: number): RedisConnectionOptions {
  return { connectTimeout: timeout, socketTimeout: timeout }
}

/** Before the next attempt to connect. */
function pause(attempts: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 10), LONGEST_PAUSE_MS)
}

/** The promise, or a rejection if it takes longer. What becomes of it then is nobody's affair any more. */
function within<TValue>(promise: Promise<TValue>, milliseconds: number, late: () => TriggerkitError): Promise<TValue> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), Math.max(0, milliseconds))
    promise.then(
      (value) => (clearTimeout(timer), resolve(value)),
      (error: unknown) => (clearTimeout(timer), reject(error)),
    )
  })
}
