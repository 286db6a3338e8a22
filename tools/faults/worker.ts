import { setTimeout as elapse } from 'node:timers/promises'

import { defineTask } from '@triggerkit/engine'

import { application } from './application.js'

/** What a worker tells the test that started it. */
export interface WorkerNews {
  readonly what: 'started' | 'began' | 'ended' | 'aborted'
  readonly uid: string
  readonly attempt: number
  /** Milliseconds since 1970. */
  readonly at: number
}

// A worker's process. Its task takes as many milliseconds as its trigger says, a successor's few, and no notice of an aborted signal.
const [url = '', name = ''] = process.argv.slice(2)

function tell(what: WorkerNews['what'], { uid, attempt } = { uid: '', attempt: 0 }): void {
  process.send?.({ what, uid, attempt, at: Date.now() } satisfies WorkerNews)
}

const work = defineTask('faults.work', async ({ uid, attempt, signal, triggerKwargs }) => {
  tell('began', { uid, attempt })
  signal.addEventListener('abort', () => tell('aborted', { uid, attempt }))
  await elapse(attempt === 1 ? Number(triggerKwargs['go']?.['takes']) : 50)
  return { by: name, attempt }
})

// Without its test nobody would end it.
process.once('disconnect', () => process.exit())
await application(url, [work]).start()
tell('started')
