import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePorts } from './free-port.js'
import { ask } from './redis-cli.js'
import { startRedis, startRedisProgram, type RedisServer } from './redis-server.js'
import { until } from './waiting.js'

type Pair = readonly [RedisServer, RedisServer]

/** A master and a replica, and a Sentinel that watches them. */
export interface RedisSentinel {
  /** Where Sentinel listens. */
  readonly port: number
  /** By which Sentinel knows the master. */
  readonly name: string
  /** The two servers; the first began as the master. */
  readonly servers: Pair
  /**
   * Makes the replica the master as whoever plans it does: the old master refuses writes from now on, the replica catches
   * up, and then Sentinel is told. Ends when both have their new parts.
   */
  failOver(): Promise<void>
  /** Kills the master as a crash would. Ends when Sentinel has noticed, and the replica is the master. */
  loseMaster(): Promise<void>
  stop(): Promise<void>
}

const NAME = 'triggerkit'
const LONGEST_WAIT_MS = 30_000

/** @throws Error if they have not come together within 30 seconds */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const folder = mkdtempSync(join(tmpdir(), 'triggerkit-sentinel-'))
  const started: { stop(): Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.splice(0).map((one) => one.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const master = await startRedis()
    started.push(master)
    const replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${master.port}`, 'repl-diskless-sync-delay': '0' } })
    started.push(replica)
    const [port = 0] = await freePorts(1)
    started.push(await startWatching(folder, port, master.port))
    await until(async () => (await ask(port, 'SENTINEL', 'REPLICAS', NAME)).includes(String(replica.port)), 'Sentinel knows the replica', LONGEST_WAIT_MS)
    await until(() => inStep(master, replica), 'the replica is in step', LONGEST_WAIT_MS)
    const servers = [master, replica] as const
    return { port, name: NAME, servers, failOver: () => failOver(port, servers), loseMaster: () => loseMaster(servers), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startWatching(folder: string, port: number, master: number): Promise<{ stop(): Promise<void> }> {
  const file = join(folder, 'sentinel.conf')
  const settings = [
    ['bind', '127.0.0.1'], ['port', port], ['dir', folder], ['daemonize', 'no'],
    ['sentinel monitor', `${NAME} 127.0.0.1 ${master} 1`], ['sentinel down-after-milliseconds', `${NAME} 5000`], ['sentinel failover-timeout', `${NAME} 10000`],
  ]
  writeFileSync(file, settings.map((setting) => `${setting.join(' ')}\n`).join(''))
  return startRedisProgram([file, '--sentinel'], '+monitor master')
}

async function failOver(sentinel: number, servers: Pair): Promise<void> {
  const [old, next] = await inTheirParts(servers)
  // Nobody has so many replicas: from here on the old master refuses what it could not hand on.
  await ask(old.port, 'CONFIG', 'SET', 'min-replicas-to-write', '9')
  await until(() => inStep(old, next), 'the replica catches up', LONGEST_WAIT_MS)
  await ask(sentinel, 'SENTINEL', 'FAILOVER', NAME)
  await until(() => unlessDropped(isMaster(next)), 'the replica becomes the master', LONGEST_WAIT_MS)
  await until(() => unlessDropped(inStep(next, old)), 'the old master becomes a replica', LONGEST_WAIT_MS)
  await ask(old.port, 'CONFIG', 'SET', 'min-replicas-to-write', '0')
}

async function loseMaster(servers: Pair): Promise<void> {
  const [master, replica] = await inTheirParts(servers)
  await master.kill()
  await until(() => unlessDropped(isMaster(replica)), 'the replica becomes the master', LONGEST_WAIT_MS)
}

/** A server that takes another part drops those who are asking it. */
function unlessDropped(answer: Promise<boolean>): Promise<boolean> {
  return answer.catch(() => false)
}

/** The master, and the replica. */
async function inTheirParts([first, second]: Pair): Promise<Pair> {
  return (await isMaster(first)) ? [first, second] : [second, first]
}

async function isMaster(server: RedisServer): Promise<boolean> {
  return (await ask(server.port, 'INFO', 'replication')).includes('role:master')
}

/** Whether the replica is one of that master, and has all that the master has. */
async function inStep(master: RedisServer, replica: RedisServer): Promise<boolean> {
  const [ours, theirs] = [await ask(master.port, 'INFO', 'replication'), await ask(replica.port, 'INFO', 'replication')]
  const [, offset] = /master_repl_offset:(\d+)/.exec(ours) ?? []
  const [, reached] = /slave_repl_offset:(\d+)/.exec(theirs) ?? []
  return theirs.includes('master_link_status:up') && theirs.includes(`master_port:${master.port}\r`) && Number(reached) >= Number(offset)
}
