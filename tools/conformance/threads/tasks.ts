import { threadId } from 'node:worker_threads'

import { defineTask, withContext } from '@triggerkit/engine'

/* What the threads of program.ts run. */

export const score = defineTask('app.score', async ({ manager, withLogger }) => {
  await withLogger({ part: 'score' }, (logger) => logger.warn('Scoring.'))
  await manager.fire('scored', { points: 7 })
  return { elsewhere: threadId > 0 }
})

export const react = defineTask('app.react', ({ triggerKwargs }) => ({ points: triggerKwargs['scored']?.['points'] ?? null }))

export const spam = defineTask('app.spam', () => {
  throw withContext(Object.assign(new Error('Spam.', { cause: new TypeError('No score.') }), { code: 'E_SPAM' }), { score: 3 })
})

export const retried = defineTask('app.retried', ({ retry, depth }) => {
  if (depth < 2) throw retry({ cooldown: 10, error: new Error('Busy.') })
  return { depth }
})

export const skipped = defineTask('app.skipped', ({ skip }) => {
  throw skip({ reason: 'not needed' })
})

export const looping = defineTask('app.looping', { timeLimit: 100 }, () => {
  for (;;);
})

export const exiting = defineTask('app.exiting', () => process.exit(9))

export const notJson = defineTask('app.notJson', () => ({ callback: () => 1 }))

export const endless = defineTask('app.endless', ({ withLogger }) =>
  withLogger({}, (logger) => {
    logger.info('Begun.')
    for (;;);
  }),
)
