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
 * asked can be repeated. A connection that brings none is given up: of a machine that has vanished TCP tells after a quarter of an hour.
 */
export function openForCalls({ connection, timeout }: Settings, tell: TellError): Client {
  return open(connection, { enableOfflineQueue: false, lazyConnect: false, commandTimeout: timeout, socketTimeout: timeout }, tell)
}

/** A worker's connection, which BullMQ wants to wait for ever; {@link Opened.copies} are those that BullMQ made of it. */
export interface Opened {
  readonly client: Client
  readonly copies: Set<Client>
}

/** @returns the connection, and the copies that BullMQ will make of it for blocking commands: who opened it ends them, too */
export function openForWorker({ connection }: Settings, tell: TellError): Opened {
  const client = open(connection, { maxRetriesPerRequest: null, enableOfflineQueue: true, lazyConnect: false, commandTimeout: undefined, socketTimeout: undefined }, tell)
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

type OwnOptions = Pick<RedisOptions, 'commandTimeout' | 'maxRetriesPerRequest' | 'socketTimeout'> & { readonly enableOfflineQueue: boolean; readonly lazyConnect: boolean }

function open(connection: Settings['connection'], own: OwnOptions, tell: TellError): Client {
  return listening(make(connection, own), tell)
}

function make(connection: Settings['connection'], own: OwnOptions): Client {
  if (typeof connection === 'string') return new Redis(connection, { reconnectOnError: leavesReplica, ...own })
  if (!isClient(connection)) return new Redis({ reconnectOnError: leavesReplica, ...connection, ...own })
  if (!isCluster(connection)) return connection.duplicate({ reconnectOnError: connection.options.reconnectOnError ?? leavesReplica, ...own })
  const { enableOfflineQueue, lazyConnect, ...ofNodes } = own
  const { replyMapping: _, ...redisOptions } = connection.options.redisOptions ?? {}
  return connection.duplicate(undefined, { enableOfflineQueue, lazyConnect, redisOptions: { ...redisOptions, ...ofNodes } })
}

/** After a fail-over the connection may lead to what is a replica by now, and stay there. */
function leavesReplica(error: Error): boolean {
  return error.message.startsWith('READONLY')
}

function isCluster(client: Client): client is Cluster {
  return client.isCluster
}

/** An 'error' event that nobody hears ends the process. */
function listening<TClient extends Client>(client: TClient, tell: TellError): TClient {
  client.on('error', tell)
  return client
}

/**
 * What may be told of an error: of the system's the code, for the message holds the address; of Redis' answers the first word, for
 * some repeat the command's arguments, which ioredis attaches, too (reliability: D).
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const { code, message, name } = error as NodeJS.ErrnoException
  if (typeof code === 'string') return code
  return name === 'ReplyError' ? (/^\S+/.exec(message)?.[0] ?? name) : message || name
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
