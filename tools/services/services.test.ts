import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, expect, it } from 'vitest'

import { ensureRedis, startRedis, startRedisCluster, startRedisSentinel, startRedisTls, useRedis } from './index.js'

const LIMIT = 120_000
const running: { stop(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()))
})

function ask(port: number, ...command: readonly string[]): string {
  return execFileSync(ensureRedis().cli, ['-p', String(port), ...command], { encoding: 'utf8', timeout: 5_000 }).trim()
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('starts a Redis that listens on the loopback alone and loses nothing', { timeout: LIMIT }, async () => {
  const redis = await startRedis()
  running.push(redis)

  const answers = ['bind', 'appendonly', 'appendfsync', 'maxmemory-policy'].map((name) => ask(redis.port, 'CONFIG', 'GET', name).split('\n')[1])

  expect(answers).toEqual(['127.0.0.1', 'yes', 'always', 'noeviction'])
})

it('keeps what was written through kill -9 and a restart', { timeout: LIMIT }, async () => {
  const redis = await startRedis()
  running.push(redis)
  const { pid } = redis
  ask(redis.port, 'SET', 'key', 'value')

  await redis.kill()
  const survived = isRunning(pid)
  await redis.restart()

  expect(survived).toBe(false)
  expect(redis.pid).not.toBe(pid)
  expect(ask(redis.port, 'GET', 'key')).toBe('value')
})

it('stops by process id and leaves no folder behind', { timeout: LIMIT }, async () => {
  const before = new Set(readdirSync(tmpdir()))
  const redis = await startRedis()
  const { pid } = redis
  const folder = ask(redis.port, 'CONFIG', 'GET', 'dir').split('\n')[1] as string

  await redis.stop()

  expect(before.has(folder)).toBe(false)
  expect([isRunning(pid), existsSync(folder)]).toEqual([false, false])
})

it('says what the server said when it does not start', { timeout: LIMIT }, async () => {
  const starting = startRedis({ settings: { appendfsync: 'sometimes' } })

  await expect(starting).rejects.toThrow(/ended with 1; its last words were:[^]*appendfsync/)
})

it('takes the server that REDIS_URL names, and leaves it running', { timeout: LIMIT }, async () => {
  const given = await startRedis()
  running.push(given)
  process.env['REDIS_URL'] = given.url

  const used = await useRedis().finally(() => delete process.env['REDIS_URL'])
  await used.stop()

  expect(used.url).toBe(given.url)
  expect(isRunning(given.pid)).toBe(true)
})

it('starts a cluster of three masters that share all slots', { timeout: LIMIT }, async () => {
  const cluster = await startRedisCluster()
  running.push(cluster)

  const states = cluster.nodes.map(({ port }) => ask(port, 'CLUSTER', 'INFO'))

  for (const state of states) expect(state).toMatch(/cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_size:3/)
})

it('starts a Redis that speaks TLS, with a certificate that its own authority vouches for', { timeout: LIMIT }, async () => {
  const tls = await startRedisTls()
  running.push(tls)
  const authority = join(mkdtempSync(join(tmpdir(), 'triggerkit-ca-')), 'ca.crt')
  writeFileSync(authority, tls.ca)

  const answer = ask(Number(new URL(tls.url).port), '--tls', '--cacert', authority, 'PING')
  rmSync(dirname(authority), { recursive: true })

  expect(answer).toBe('PONG')
})

it('starts a master, a replica and their Sentinel, fails over, and leaves no process behind', { timeout: LIMIT }, async () => {
  const sentinel = await startRedisSentinel()
  running.push(sentinel)
  const master = (): string | undefined => ask(sentinel.port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', sentinel.name).split('\n')[1]
  const [first, second] = sentinel.servers
  const pids = sentinel.servers.map(({ pid }) => pid).concat(Number(/process_id:(\d+)/.exec(ask(sentinel.port, 'INFO', 'server'))?.[1]))

  const before = master()
  await sentinel.failOver()
  const after = master()
  await sentinel.stop()

  expect([before, after]).toEqual([String(first.port), String(second.port)])
  expect(pids.map(isRunning)).toEqual([false, false, false])
})
