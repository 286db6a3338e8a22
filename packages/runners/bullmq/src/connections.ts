import { TriggerkitError } from '@triggerkit/contracts'
import { Redis } from 'ioredis'
import type { Cluster, RedisOptions } from 'ioredis'

import { isClient } from './options.js'
import type { Settings } from './options.js'

/** A connection of the runner's own, whatever it was made of. */
export type Client = Redis | Cluster

/** What becomes of a connection, for those who must tell of it. */
export type TellError = (error: Error) => void

/**
 * A connection for what is asked of a queue. It keeps nothing back while Redis is gone: who asks waits for it, within a limit,
 * so that an outage fills no memory (docs.bullmq.io, "Going to production"). An answer that is lost is asked for again; all that is
 * asked can be repeated.
 */
export function openForCalls({ connection, timeout }: Settings, tell: TellError): Client {
  return open(connection, { enableOfflineQueue: false, lazyConnect: false, commandTimeout: timeout }, tell)
}

/** A worker's connection, which BullMQ wants to wait for ever; {@link Opened.copies} are those that BullMQ made of it. */
export interface Opened {
  readonly client: Client
  readonly copies: Set<Client>
}

/** @returns the connection, and the copies that BullMQ will make of it for blocking commands: who opened it ends them, too */
export function openForWorker({ connection }: Settings, tell: TellError): Opened {
  const client = open(connection, { maxRetriesPerRequest: null, enableOfflineQueue: true, lazyConnect: false, commandTimeout: undefined }, tell)
  const copies = new Set<Client>()
  const duplicate = client.duplicate.bind(client) as (...args: unknown[]) => Client
  // BullMQ closes the copy only if Redis answers; a process must end even if it doesn't.
  client.duplicate = ((...args: unknown[]) => {
    const copy = listening(duplicate(...args), tell)
    copies.add(copy)
    return copy
  }) as never
  return { client, copies }
}

type OwnOptions = Pick<RedisOptions, 'commandTimeout' | 'maxRetriesPerRequest'> & { readonly enableOfflineQueue: boolean; readonly lazyConnect: boolean }

function open(connection: Settings['connection'], own: OwnOptions, tell: TellError): Client {
  return listening(make(connection, own), tell)
}

function make(connection: Settings['connection'], own: OwnOptions): Client {
  if (typeof connection === 'string') return new Redis(connection, own)
  if (!isClient(connection)) return new Redis({ ...connection, ...own })
  if (!isCluster(connection)) return connection.duplicate(own)
  const { enableOfflineQueue, lazyConnect, ...ofNodes } = own
  const { replyMapping: _, ...redisOptions } = connection.options.redisOptions ?? {}
  return connection.duplicate(undefined, { enableOfflineQueue, lazyConnect, redisOptions: { ...redisOptions, ...ofNodes } })
}

function isCluster(client: Client): client is Cluster {
  return client.isCluster
}

/** An 'error' event that nobody hears ends the process. */
function listening<TClient extends Client>(client: TClient, tell: TellError): TClient {
  client.on('error', tell)
  return client
}

/** What may be told of an error: ioredis attaches the command with its arguments to it (reliability: D). */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message || error.name : String(error)
}

/** Redis must keep what it was given: of what it evicts when its memory is full, no error tells (reliability: A1). */
export async function assertKeepsJobs(client: Client): Promise<void> {
  const nodes = isCluster(client) ? client.nodes('master') : [client]
  for (const node of nodes) {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await node.info('memory'))?.[1] ?? 'noeviction'
    if (policy === 'noeviction') continue
    const message = `Redis may evict jobs: its maxmemory-policy is ${policy}. Set it to noeviction, or give the runner allowEviction: true.`
    throw new TriggerkitError('StorageRefused', message, { details: { policy } })
  }
}
