import { ask } from './redis-cli.js'
import { startRedis, type RedisServer, type RedisServerOptions } from './redis-server.js'
import { until } from './waiting.js'

/** A Redis Cluster of three masters without replicas. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly urls: readonly string[]
  stop(): Promise<void>
}

const MASTERS = 3
const SLOTS = 16_384
const LONGEST_JOINING_MS = 30_000
const CLUSTER = { 'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf', 'cluster-node-timeout': '5000' }

/**
 * Starts three masters on free ports that share the slots among them.
 * @throws Error if they have not become a cluster within 30 seconds
 */
export async function startRedisCluster({ settings }: RedisServerOptions = {}): Promise<RedisCluster> {
  const nodes: RedisServer[] = []
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    while (nodes.length < MASTERS) nodes.push(await startRedis({ settings: { ...CLUSTER, ...settings } }))
    await join(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, urls: nodes.map(({ url }) => url), stop }
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const [first, last] = [index, index + 1].map((share) => Math.floor((share * SLOTS) / nodes.length)) as [number, number]
    await ask(node.port, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(last - 1))
    // Each its own: masters that share an epoch quarrel about it first.
    await ask(node.port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  }
  const [first, ...others] = nodes as [RedisServer, ...RedisServer[]]
  for (const other of others) await ask(other.port, 'CLUSTER', 'MEET', '127.0.0.1', String(first.port), await busPort(first))
  await Promise.all(nodes.map((node) => untilJoined(node, nodes.length)))
}

async function busPort(node: RedisServer): Promise<string> {
  const [, port = ''] = (await ask(node.port, 'CONFIG', 'GET', 'cluster-port')).trim().split('\n')
  return port
}

async function untilJoined({ port }: RedisServer, size: number): Promise<void> {
  const isJoined = async (): Promise<boolean> => {
    const state = await ask(port, 'CLUSTER', 'INFO')
    return state.includes('cluster_state:ok') && state.includes(`cluster_size:${size}\r`)
  }
  await until(isJoined, 'the Redis Cluster comes together', LONGEST_JOINING_MS).catch(async (cause: unknown) => {
    throw new Error(`${String(cause)}\n${await ask(port, 'CLUSTER', 'NODES')}`, { cause })
  })
}
