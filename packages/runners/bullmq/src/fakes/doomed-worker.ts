import { BullmqRunner } from '../index.js'
import type { BullmqWorkerOptions } from '../index.js'
import { FakeHost } from './fake-host.js'

// A process of its own, so that it can be killed while it holds a job: it tells its parent of the first one, and never ends it.
const [connection = '', queue = '', workerOptions = '{}'] = process.argv.slice(2)
const host = new FakeHost(async () => {
  process.send?.('begun')
  return new Promise(() => undefined)
})
process.once('disconnect', () => process.exit())
await new BullmqRunner({ connection, queue, workerOptions: JSON.parse(workerOptions) as BullmqWorkerOptions }).start(host)
