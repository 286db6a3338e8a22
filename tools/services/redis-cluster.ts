import { execFile } from 'node:child_process'
import { setTimeout as elapse } from 'node:timers/promises'
import { promisify } from 'node:util'

import { ensureRedis } from './redis-binaries.js'
import { startRedis, type RedisServer, type RedisServerOptions } from './redis-server.js'

/** A Redis Cluster of three masters without replicas. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly urls: readonly string[]
  stop(): Promise<void>
}

const MASTERS = 3
const SLOTS = 16_384
const LONGEST_JOINING_MS = 30_000
const PAUSE_MS = 50
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
    await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(last - 1))
    // Each its own: masters that share an epoch quarrel about it first.
    await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  }
  const [first, ...others] = nodes as [RedisServer, ...RedisServer[]]
  for (const other of others) await ask(other, 'CLUSTER', 'MEET', '127.0.0.1', String(first.port), await busPort(first))
  await Promise.all(nodes.map((node) => untilJoined(node, nodes.length)))
}

async function busPort(node: RedisServer): Promise<string> {
  const [, port = ''] = (await ask(node, 'CONFIG', 'GET', 'cluster-port')).trim().split('\n')
  return port
}

async function untilJoined(node: RedisServer, size: number): Promise<void> {
  const end = performance.now() + LONGEST_JOINING_MS
  while (performance.now() < end) {
    const state = await ask(node, 'CLUSTER', 'INFO')
    if (state.includes('cluster_state:ok') && state.includes(`cluster_size:${size}\r`)) return
    await elapse(PAUSE_MS)
  }
  throw new Error(`The Redis Cluster did not come together within ${LONGEST_JOINING_MS} ms:\n${await ask(node, 'CLUSTER', 'NODES')}`)
}

async function ask(node: RedisServer, ...command: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(ensureRedis().cli, ['-h', '127.0.0.1', '-p', String(node.port), ...command], { timeout: 5_000 })
  if (/^(?:ERR|WRONG|NOAUTH)/.test(stdout)) throw new Error(`Redis refused ${command.slice(0, 2).join(' ')}: ${stdout.trim()}`)
  return stdout
}
