import { TriggerkitError } from '@triggerkit/contracts'
import type { Cluster, Redis } from 'ioredis'

import { isCluster, type Connection } from './connection.js'
import { refused } from './failures.js'
import { FORMAT, type Keys } from './keys.js'
import type { Settings } from './options.js'
import { look, type Script } from './script.js'

const OLDEST_MAJOR = 7

/** KEYS: the format; ARGV: format, partitions. Writes them where nothing is yet; answers with what is there. */
const FOUND: Script = look(`
if redis.call('HLEN', KEYS[1]) == 0 then redis.call('HSET', KEYS[1], 'format', ARGV[1], 'partitions', ARGV[2]) end
return redis.call('HMGET', KEYS[1], 'format', 'partitions')
`)

/** What a server says of itself. */
type Facts = ReadonlyMap<string, string>

/**
 * Makes sure that the servers are fit to keep sessions, and that what lies under the prefix can be read; writes down the
 * format where nothing lies there yet. Warns of what may be lost.
 * @throws `StorageRefused` for a server that is too old, may evict, or is a replica
 * @throws `UnsupportedFormat` for data that a newer release wrote
 * @throws `InvalidArgument` for another number of partitions than the data has
 */
export async function checkServer(connection: Connection, keys: Keys, settings: Settings): Promise<void> {
  const servers = await connection.look((client) => Promise.all(mastersOf(client).map(factsOf)))
  for (const facts of servers) assertFit(facts, settings)
  const [format, partitions] = await connection.run<readonly [string, string]>(FOUND, [keys.format], [FORMAT, settings.partitions])
  if (Number(format) > FORMAT) {
    const message = `The data under the prefix ${JSON.stringify(settings.prefix)} has format ${format}, and this release reads ${FORMAT}; upgrade @triggerkit/storage-redis.`
    throw new TriggerkitError('UnsupportedFormat', message, { details: { format: Number(format), supported: FORMAT } })
  }
  if (Number(partitions) !== settings.partitions) {
    const message = `The data under the prefix ${JSON.stringify(settings.prefix)} has ${partitions} partitions, not ${settings.partitions}; give partitions: ${partitions}, or another prefix.`
    throw new TriggerkitError('InvalidArgument', message, { details: { name: 'partitions', stored: Number(partitions) } })
  }
  for (const warning of new Set(servers.flatMap(lossOf))) settings.warn(warning)
}

function mastersOf(client: Redis | Cluster): readonly Redis[] {
  return isCluster(client) ? client.nodes('master') : [client]
}

async function factsOf(server: Redis): Promise<Facts> {
  const facts = new Map<string, string>()
  for (const line of (await server.info()).split('\r\n')) {
    const end = line.indexOf(':')
    if (end > 0) facts.set(line.slice(0, end), line.slice(end + 1))
  }
  // Providers often forbid to look at settings; what INFO says must do then.
  for (const name of ['appendfsync', 'save']) {
    const [, value] = await server.config('GET', name).then((answer) => answer as readonly string[], () => [])
    if (value !== undefined) facts.set(name, value)
  }
  return facts
}

function assertFit(facts: Facts, { allowEviction }: Settings): void {
  const version = facts.get('redis_version') ?? ''
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) throw refused(`This Redis is ${version}; the storage needs ${OLDEST_MAJOR}.0 or newer.`, 'VERSION')
  if (facts.get('role') === 'slave') throw refused('This Redis is a read-only replica; connect to its master.', 'READONLY')
  const policy = facts.get('maxmemory_policy') ?? 'noeviction'
  if (policy === 'noeviction' || allowEviction) return
  const advice = 'set it to noeviction, or give allowEviction: true if sessions may be lost or torn'
  throw refused(`This Redis has the maxmemory-policy ${policy} and may forget what it acknowledged; ${advice}.`, 'EVICTION')
}

/** What an outage may take away, by the server's settings. */
function lossOf(facts: Facts): readonly string[] {
  const lost = persistence(facts)
  return lost === null ? [] : [`Redis storage: ${lost} Set appendonly yes and appendfsync always to lose nothing that was acknowledged.`]
}

function persistence(facts: Facts): string | null {
  if (facts.get('aof_enabled') !== '1') {
    return facts.get('save') === ''
      ? 'this Redis writes nothing to disk, and loses all sessions when it ends.'
      : 'this Redis writes snapshots only, and loses what was committed after the last one when it crashes.'
  }
  switch (facts.get('appendfsync')) {
    case 'always':
    case undefined:
      return null
    case 'everysec':
      return 'with appendfsync everysec a power failure may lose what was committed in the last second or two.'
    default:
      return 'with appendfsync no a power failure may lose what was committed in the last half minute.'
  }
}
