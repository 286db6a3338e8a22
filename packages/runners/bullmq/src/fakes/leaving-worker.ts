import { BullmqRunner } from '../index.js'
import { FakeHost } from './fake-host.js'

// A process of its own, so that one can see whether it ends by itself: it closes its runner when its parent says so, and then has nothing left to do.
const [connection = '', queue = ''] = process.argv.slice(2)
const runner = new BullmqRunner({ connection, queue })
process.once('message', () => void runner.close({ drain: true }).then(() => process.disconnect()))
await runner.start(new FakeHost())
process.send?.('started')
