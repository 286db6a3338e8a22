import { randomUUID } from 'node:crypto'

import { redisStorage } from '@triggerkit/storage-redis'
import { startRedisCluster, useRedis } from '@triggerkit/tool-services'
import { Cluster, Redis } from 'ioredis'

import type { StoragePlace } from './storages.js'

/** Nothing crashes here: what an own server has on disk is never read. */
const settings = { appendonly: 'no' }
const logger = { debug: ignore, info: ignore, warn: ignore, error: console.error }

/** The server that `REDIS_URL` names, or one of our own. */
export const redisPlace = async (): Promise<StoragePlace> => {
  const server = await useRedis({ settings })
  const client = new Redis(server.url)
  return place(client, [client], () => server.stop())
}

/** A Cluster of our own. */
export const clusterPlace = async (): Promise<StoragePlace> => {
  const { nodes, stop } = await startRedisCluster({ settings })
  const client = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
  return place(client, [], stop)
}

/**
 * Storages that share a client: a replay opens one at every step.
 * @param kept - the servers that may outlive us, and are left as they were
 */
function place(client: Redis | Cluster, kept: readonly Redis[], stop: () => Promise<void>): StoragePlace {
  const prefix = `conformance-${randomUUID()}`
  client.on('error', ignore) // the storage's calls say what is wrong
  return {
    open: () => redisStorage({ client, prefix, logger }),
    async release() {
      try {
        for (const server of kept) await removeKeys(server, prefix)
      } finally {
        client.disconnect()
        await stop()
      }
    },
  }
}

async function removeKeys(server: Redis, prefix: string): Promise<void> {
  for await (const keys of server.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    if ((keys as string[]).length > 0) await server.unlink(keys as string[])
  }
}

function ignore(): void {}
