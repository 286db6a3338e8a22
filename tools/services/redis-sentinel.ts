import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'
import { promisify } from 'node:util'

import { freePorts } from './free-port.js'
import { ensureRedis } from './redis-binaries.js'
import { startRedis, startRedisProgram, type RedisServer } from './redis-server.js'

/** A master and a replica, and a Sentinel that watches them. */
export interface RedisSentinel {
  /** Where Sentinel listens. */
  readonly port: number
  /** By which Sentinel knows the master. */
  readonly name: string
  /** The two servers; the first began as the master. */
  readonly servers: readonly [RedisServer, RedisServer]
  /**
   * Makes the replica the master as whoever plans it does: the old master refuses writes from now on, the replica catches
   * up, and then Sentinel is told. Ends when both have their new parts.
   */
  failOver(): Promise<void>
  stop(): Promise<void>
}

const NAME = 'triggerkit'
const LONGEST_WAIT_MS = 30_000
const PAUSE_MS = 50

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
    await until('the replica to be known', async () => (await ask(port, 'SENTINEL', 'REPLICAS', NAME)).includes(String(replica.port)))
    await until('the replica to be in step', async () => (await inStep(master, replica)))
    return { port, name: NAME, servers: [master, replica], failOver: () => failOver(port, [master, replica]), stop }
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

async function failOver(sentinel: number, servers: readonly [RedisServer, RedisServer]): Promise<void> {
  const [old, next] = (await isMaster(servers[0])) ? servers : [servers[1], servers[0]]
  // Nobody has so many replicas: from here on the old master refuses what it could not hand on.
  await ask(old.port, 'CONFIG', 'SET', 'min-replicas-to-write', '9')
  await until('the replica to catch up', () => inStep(old, next))
  await ask(sentinel, 'SENTINEL', 'FAILOVER', NAME)
  await until('the replica to become the master', () => isMaster(next))
  await until('the old master to become a replica', () => inStep(next, old))
  await ask(old.port, 'CONFIG', 'SET', 'min-replicas-to-write', '0')
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

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LONGEST_WAIT_MS
  while (performance.now() < end) {
    if (await isSo()) return
    await elapse(PAUSE_MS)
  }
  throw new Error(`Waited ${LONGEST_WAIT_MS} ms in vain for ${what}.`)
}

async function ask(port: number, ...command: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(ensureRedis().cli, ['-h', '127.0.0.1', '-p', String(port), ...command], { timeout: 5_000 })
  if (/^(?:ERR|NOGOODSLAVE|INPROG)/.test(stdout)) throw new Error(`Redis refused ${command.slice(0, 2).join(' ')}: ${stdout.trim()}`)
  return stdout
}
