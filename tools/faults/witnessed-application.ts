import { setTimeout as elapse } from 'node:timers/promises'

import type { Duration, Task } from '@triggerkit/contracts'
import { createTriggers, defineTask } from '@triggerkit/engine'
import type { Triggers } from '@triggerkit/engine'
import { bullmqRunner } from '@triggerkit/runners-bullmq'
import { inlineRunner } from '@triggerkit/runners-inline'
import { redisStorage } from '@triggerkit/storage-redis'

import { witnessed } from './evidence.js'
import type { Run, Tell } from './evidence.js'

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** A process of the application, and whom it tells what it does. */
export interface Part {
  readonly name: string
  /** Where its storage is, and where its queue is. */
  readonly urls: { readonly storage: string; readonly queue: string }
  readonly tell: Tell
  /** Whether it brings task functions; only who does may start. */
  readonly executes: boolean
  /** How long a command may take until its client must repeat it. */
  readonly commandTimeout: Duration
}

/** The application as it is under faults: what it does is told, as the oracle wants to know it, before it is done. */
export function witnessedApplication({ name, urls, tell, executes, commandTimeout }: Part): Triggers {
  const storage = redisStorage({ url: urls.storage, commandTimeout: '2s', logger: quiet })
  return createTriggers({
    storage: witnessed(storage, name, tell),
    runners: { inline: inlineRunner(), bullmq: bullmqRunner({ connection: urls.queue, queue: 'faults' }) },
    tasks: executes ? [workOf(name, tell)] : [],
    recorder: { record: (change) => tell({ kind: 'recorded', uid: change.uid, change }) },
    commandTimeout,
    // Here processes die more often than any task kills them; an instance must not be given up for that.
    maxLosses: 1_000,
    logger: quiet,
  })
}

/** A task as long as its configuration says, whose side effect is to be told of. Its result says which run it comes from. */
function workOf(by: string, tell: Tell): Task {
  return defineTask('faults.work', async ({ uid, instance, attempt, extras, signal }) => {
    const run: Run = { uid, instance, attempt, by, at: Date.now() }
    tell({ kind: 'began', ...run })
    const takes = extras['takes']
    await (typeof takes === 'number' ? elapse(takes) : new Promise((resolve) => signal.addEventListener('abort', resolve)))
    tell({ kind: 'ended', ...run, endedAt: Date.now() })
    return { by, attempt }
  })
}
