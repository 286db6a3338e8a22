import type { Triggers } from '@triggerkit/engine'
import { redisStorage } from '@triggerkit/storage-redis'
import type { Redis } from 'ioredis'

import { applicationOn } from '../fires.js'
import { silentLogger } from '../silent-logger.js'

/** An application on that Redis whose jobs nobody executes. */
export function application(url: string): Triggers {
  return applicationOn(redisStorage({ url, prefix: 'bench', logger: silentLogger }))
}

/** The same by a client that is connected already, which stays so. */
export function applicationBy(client: Redis): Triggers {
  return applicationOn(redisStorage({ client, prefix: 'bench', logger: silentLogger }))
}
