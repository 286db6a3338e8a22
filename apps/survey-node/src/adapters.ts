import type { Runner, Storage } from '@triggerkit/contracts'
import { TriggerManager } from '@triggerkit/engine'
import type { ManagerClass } from '@triggerkit/engine'
import { finalizingManagerDescriptor } from '@triggerkit/managers-finalizing'
import { createRegistries } from '@triggerkit/registry'
import { bullmqRunnerDescriptor } from '@triggerkit/runners-bullmq'
import { inlineRunnerDescriptor } from '@triggerkit/runners-inline'
import { memoryStorageDescriptor } from '@triggerkit/storage-memory'
import { redisStorageDescriptor } from '@triggerkit/storage-redis'

import type { Settings } from './settings.js'
import { applicant, questionnaire } from './workflow/configurations.js'

const { storages, runners, managers } = createRegistries([
  [memoryStorageDescriptor, redisStorageDescriptor],
  [inlineRunnerDescriptor, bullmqRunnerDescriptor],
  [finalizingManagerDescriptor],
])
managers.register('default', TriggerManager)

/** The storage that the settings name. @throws `UnknownKey` */
export function storageOf({ storage, redisUrl, namespace, ttl }: Settings): Storage {
  const own = storage === 'redis' ? { url: needed(redisUrl, storage), prefix: namespace } : { namespace }
  return storages.get(storage, { ...own, ttl })
}

/** The runner that the settings name. @throws `UnknownKey` */
export function runnerOf({ runner, redisUrl, namespace, concurrency }: Settings): Runner {
  if (runner !== 'bullmq') return runners.get(runner, { concurrency })
  return runners.get(runner, { connection: needed(redisUrl, runner), queue: namespace, concurrency })
}

/** The manager classes of both kinds of session; the settings choose the questionnaires'. @throws `UnknownKey` */
export function managersOf({ manager }: Settings): Readonly<Record<string, ManagerClass>> {
  const base = managers.entry(manager) as ManagerClass
  return {
    questionnaire: class extends base {
      static override readonly configuration = questionnaire
    },
    applicant: class extends TriggerManager {
      static override readonly configuration = applicant
    },
  }
}

function needed(redisUrl: string | undefined, key: string): string {
  if (redisUrl !== undefined) return redisUrl
  throw new Error(`${JSON.stringify(key)} needs a Redis: set REDIS_URL, such as redis://127.0.0.1:6379.`)
}
