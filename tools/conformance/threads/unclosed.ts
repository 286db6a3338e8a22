import { systemClock } from '@triggerkit/engine'
import { workerThreadsRunner } from '@triggerkit/runners-worker-threads'

/* Starts a runner and never closes it. */

const silent = (): void => undefined
const runner = workerThreadsRunner({ tasks: new URL('./tasks.js', import.meta.url) })
await runner.start({
  clock: systemClock,
  logger: { debug: silent, info: silent, warn: silent, error: silent },
  now: () => 0,
  execute: async () => ({ outcome: 'finished' }),
  abort: silent,
})
console.log(runner.accepts('app.score'))
