import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { parseScenarios, scenarioSuite, storageSuite, type StorageEnvironment } from '@triggerkit/conformance'
import { startRedis, startRedisCluster } from '@triggerkit/tool-services'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, test } from 'vitest'

import { redisStorage, redisStorageDescriptor, type RedisStorageOptions } from './index.js'

const { resolve } = createRequire(import.meta.url)
const scenarios = ['reference-tests.json', 'generated.json'].flatMap((file) =>
  parseScenarios(readFileSync(resolve(`@triggerkit/conformance/scenarios/${file}`), 'utf8'), file),
)
// Nothing crashes here: what the settings for durability are worth is another file's affair.
const settings = { appendfsync: 'no' }
const [redis, cluster] = await Promise.all([startRedis({ settings }), startRedisCluster({ settings })])
const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
const clients = { one: new Redis(redis.url), cluster: new Cluster(nodes) }
afterAll(async () => {
  for (const client of Object.values(clients)) client.disconnect()
  await Promise.all([redis.stop(), cluster.stop()])
})

const logger = { debug() {}, info() {}, warn() {}, error() {} }
function environment(options: RedisStorageOptions): StorageEnvironment {
  const place = () => {
    const prefix = `test-${crypto.randomUUID()}`
    return { open: () => redisStorage({ ...options, prefix, logger }) }
  }
  return { descriptor: redisStorageDescriptor, place }
}

// The suite's storages connect by themselves; the scenarios, which open one for every step, share a client.
describe.each([
  ['on one server', { url: redis.url }, clients.one],
  ['on a Cluster', { cluster: { nodes } }, clients.cluster],
])('%s', (_, options: RedisStorageOptions, client) => {
  for (const { id, skipped, run } of [...storageSuite(environment(options)), ...scenarioSuite(environment({ client }), scenarios)]) {
    test.skipIf(skipped !== null).concurrent(id, run, 60_000)
  }
})
