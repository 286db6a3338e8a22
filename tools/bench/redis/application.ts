import type { Triggers } from '@triggerkit/engine'
import { redisStorage } from '@triggerkit/storage-redis'

import { applicationOn } from '../fires.js'

/** An application on that Redis whose jobs nobody executes. */
export function application(url: string): Triggers {
  return applicationOn(redisStorage({ url, prefix: 'bench' }))
}
