import { positiveMilliseconds, TriggerkitError, type Duration, type Logger } from '@triggerkit/contracts'
import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis'

/** ioredis' options for one server or for Sentinel; which shape replies have is the storage's affair. */
export type RedisConnectionOptions = Omit<RedisOptions, 'replyMapping'>

/** The nodes by which a Redis Cluster is found, and ioredis' options for it. */
export interface RedisClusterOptions {
  readonly nodes: readonly ClusterNode[]
  readonly options?: Omit<ClusterOptions, 'redisOptions'> & {
    readonly redisOptions?: Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>
  }
}

export interface RedisStorageOptions {
  /** `redis://` or, for TLS, `rediss://`, with user, password and database. Default: `redis://127.0.0.1:6379`. */
  readonly url?: string | undefined
  /** Further options of ioredis for the connection that the storage opens: `sentinels` and `name`, `tls`, `username`, … */
  readonly connection?: RedisConnectionOptions
  /** A Redis Cluster, instead of `url` and `connection`. */
  readonly cluster?: RedisClusterOptions
  /** A client that is ready to be used, instead of all of these. It stays open when the storage is closed. */
  readonly client?: Redis | Cluster
  /** The beginning of all keys: storages with different prefixes see nothing of each other. Default: `triggerkit`. */
  readonly prefix?: string
  /** How long a session is kept after its last commit, unless the change says otherwise. Default: for ever. */
  readonly ttl?: Duration
  /** The number of Cluster slots over which sessions are spread; fixed when a prefix is first used. Default: 16. */
  readonly partitions?: number
  /** How long a call may take, the wait for a connection included. Default: 5 seconds. */
  readonly commandTimeout?: Duration
  /** Whether to accept a `maxmemory-policy` under which Redis may forget acknowledged data. Default: no. */
  readonly allowEviction?: boolean
  /** Receives warnings about what may be lost with the server's settings. Default: the process' warnings. */
  readonly logger?: Logger
}

export interface Settings {
  readonly source: Pick<RedisStorageOptions, 'url' | 'connection' | 'cluster' | 'client'>
  readonly prefix: string
  readonly ttl: number | null
  readonly partitions: number
  readonly commandTimeout: number
  readonly allowEviction: boolean
  readonly warn: (message: string) => void
}

const DEFAULT_URL = 'redis://127.0.0.1:6379'
const MOST_PARTITIONS = 1_024

/** Node's timers take no more milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/** @throws `InvalidArgument`, naming the option */
export function toSettings(options: RedisStorageOptions): Settings {
  const { logger } = options
  return {
    source: toSource(options),
    prefix: toPrefix(options.prefix ?? 'triggerkit'),
    ttl: options.ttl === undefined ? null : positiveMilliseconds(options.ttl, 'ttl'),
    partitions: toPartitions(options.partitions ?? 16),
    commandTimeout: Math.min(positiveMilliseconds(options.commandTimeout ?? 5_000, 'commandTimeout'), LONGEST_TIMER),
    allowEviction: options.allowEviction ?? false,
    warn: logger === undefined ? warnProcess : (message) => logger.warn(message),
  }
}

function toSource({ url, connection, cluster, client }: RedisStorageOptions): Settings['source'] {
  const ways = [url ?? connection, cluster, client].filter((way) => way !== undefined)
  if (ways.length > 1) throw invalid('client', 'give a client, or a cluster, or a url with or without connection options, and nothing beside it')
  if (client !== undefined) return { client }
  if (cluster !== undefined) return { cluster: toCluster(cluster) }
  // With a host, a path or sentinels among the options there is no need of a URL.
  const given = connection !== undefined && ('host' in connection || 'port' in connection || 'path' in connection || 'sentinels' in connection)
  return { ...(connection && { connection }), ...((url !== undefined || !given) && { url: toUrl(url ?? DEFAULT_URL) }) }
}

/**
 * Whoever made a client may have given it options that change what scripts are given and answer, in its address, too.
 * @throws `InvalidArgument` for one that the storage can't work with
 */
export function assertUsable(client: Redis | Cluster, source: Settings['source']): void {
  const { keyPrefix, stringNumbers } = { ...client.options, ...('redisOptions' in client.options && client.options.redisOptions) } as RedisOptions
  const name = (['client', 'cluster'] as const).find((way) => source[way] !== undefined) ?? 'connection'
  // Scripts find sessions by their names in an index, too, and ioredis would not put it before those.
  if (keyPrefix) throw invalid(name, "the storage can't work with ioredis' keyPrefix; give prefix instead")
  if (stringNumbers === true) throw invalid(name, "the storage can't work with ioredis' stringNumbers; leave it out")
}

function toCluster(cluster: RedisClusterOptions): RedisClusterOptions {
  if (cluster.nodes.length === 0) throw invalid('cluster', 'give at least one node by which the cluster can be found')
  return cluster
}

/** The URL is in no message: it may hold a password. */
function toUrl(url: string): string {
  if (URL.canParse(url) && ['redis:', 'rediss:'].includes(new URL(url).protocol)) return url
  throw invalid('url', 'it is not the address of a Redis; give one such as redis://user:password@host:6379/0, or rediss:// for TLS')
}

/** Braces would make another hash tag. */
function toPrefix(prefix: string): string {
  if (typeof prefix === 'string' && prefix !== '' && !/[{}]/.test(prefix)) return prefix
  throw invalid('prefix', 'give a non-empty string without braces')
}

function toPartitions(partitions: number): number {
  if (Number.isInteger(partitions) && partitions > 0 && partitions <= MOST_PARTITIONS) return partitions
  throw invalid('partitions', `give a whole number from 1 to ${MOST_PARTITIONS}`)
}

function invalid(name: string, advice: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `redisStorage, ${name}: ${advice}.`, { details: { name } })
}

function warnProcess(message: string): void {
  process.emitWarning(message, { type: 'TriggerkitWarning', code: 'TRIGGERKIT_REDIS' })
}
